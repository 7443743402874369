import { lazy, Suspense } from "react";
import { Route, Routes, useLocation } from "react-router";

import { Protected } from "../session/Viewer.tsx";
import { Loading } from "../ui/Loading.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { Failure } from "./Failure.tsx";
import { Layout } from "./Layout.tsx";
import { NotFound } from "./NotFound.tsx";

const Landing = lazy(() => import("./Landing.tsx"));
const DirectoryPage = lazy(() => import("../directory/DirectoryPage.tsx"));
const ExpertPage = lazy(() => import("../expert/ExpertPage.tsx"));
const BookingsPage = lazy(() => import("../bookings/BookingsPage.tsx"));
const BookingPage = lazy(() => import("../bookings/BookingPage.tsx"));
const ReschedulePage = lazy(() => import("../bookings/ReschedulePage.tsx"));
const DeskPage = lazy(() => import("../desk/DeskPage.tsx"));
const ExpertFiguresPage = lazy(() => import("../figures/ExpertFiguresPage.tsx"));
const HoursPage = lazy(() => import("../desk/HoursPage.tsx"));
const ReviewsPage = lazy(() => import("../desk/ReviewsPage.tsx"));
const EntryPage = lazy(() => import("../desk/entry/EntryPage.tsx"));
const AdministrationPage = lazy(() => import("../administration/AdministrationPage.tsx"));
const AccountPage = lazy(() => import("../account/AccountPage.tsx"));
const SignInPage = lazy(() => import("../session/SignInPage.tsx"));
const RegisterPage = lazy(() => import("../session/RegisterPage.tsx"));
const ForgotPasswordPage = lazy(() => import("../session/ForgotPasswordPage.tsx"));
const ResetPasswordPage = lazy(() => import("../session/ResetPasswordPage.tsx"));
const VerifyEmailPage = lazy(() => import("../session/VerifyEmailPage.tsx"));

/** Routes of the application. */
export function App() {
  const { pathname } = useLocation();
  return (
    <Layout>
      {/* A reload is the only way to retry a lazy page whose chunk failed to load. */}
      <ErrorBoundary
        resetBy={pathname}
        fallback={<Failure retry={() => window.location.reload()} />}
      >
        <Suspense
          fallback={
            <div className="min-h-dvh">
              <Loading />
            </div>
          }
        >
          <Routes>
            <Route path="/" element={<Landing />} />
            <Route path="/experts" element={<DirectoryPage />} />
            <Route path="/experts/:slug" element={<ExpertPage />} />
            <Route path="/sign-in" element={<SignInPage />} />
            <Route path="/register" element={<RegisterPage />} />
            <Route path="/forgot-password" element={<ForgotPasswordPage />} />
            <Route path="/reset-password" element={<ResetPasswordPage />} />
            <Route path="/verify-email" element={<VerifyEmailPage />} />
            <Route
              path="/bookings"
              element={
                <Protected>
                  <BookingsPage />
                </Protected>
              }
            />
            <Route
              path="/bookings/:id"
              element={
                <Protected signInWith="code">
                  <BookingPage />
                </Protected>
              }
            />
            <Route
              path="/bookings/:id/reschedule"
              element={
                <Protected signInWith="code">
                  <ReschedulePage />
                </Protected>
              }
            />
            <Route
              path="/account"
              element={
                <Protected>
                  <AccountPage />
                </Protected>
              }
            />
            <Route
              path="/desk/figures"
              element={
                <Protected>
                  <ExpertFiguresPage />
                </Protected>
              }
            />
            <Route
              path="/desk"
              element={
                <Protected>
                  <DeskPage />
                </Protected>
              }
            />
            <Route
              path="/desk/hours"
              element={
                <Protected>
                  <HoursPage />
                </Protected>
              }
            />
            <Route
              path="/desk/entry"
              element={
                <Protected>
                  <EntryPage />
                </Protected>
              }
            />
            <Route
              path="/desk/reviews"
              element={
                <Protected>
                  <ReviewsPage />
                </Protected>
              }
            />
            <Route
              path="/administration/*"
              element={
                <Protected roles={["ADMIN"]}>
                  <AdministrationPage />
                </Protected>
              }
            />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </ErrorBoundary>
    </Layout>
  );
}

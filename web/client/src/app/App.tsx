import { Suspense } from "react";
import { matchPath, Route, Routes, useLocation } from "react-router";

import { Protected } from "../session/Viewer.tsx";
import { Loading } from "../ui/Loading.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { Failure } from "./Failure.tsx";
import { Layout } from "./Layout.tsx";
import { NotFound } from "./NotFound.tsx";
import { page, PageNotLoaded } from "./page.tsx";

const Landing = page(() => import("./Landing.tsx"));
const DirectoryPage = page(() => import("../directory/DirectoryPage.tsx"));
const ExpertPage = page(() => import("../expert/ExpertPage.tsx"));
const BookingsPage = page(() => import("../bookings/BookingsPage.tsx"));
const BookingPage = page(() => import("../bookings/BookingPage.tsx"));
const ReschedulePage = page(() => import("../bookings/ReschedulePage.tsx"));
const DeskPage = page(() => import("../desk/DeskPage.tsx"));
const ExpertFiguresPage = page(() => import("../figures/ExpertFiguresPage.tsx"));
const HoursPage = page(() => import("../desk/HoursPage.tsx"));
const ReviewsPage = page(() => import("../desk/ReviewsPage.tsx"));
const EntryPage = page(() => import("../desk/entry/EntryPage.tsx"));
const AdministrationPage = page(() => import("../administration/AdministrationPage.tsx"));
const AccountPage = page(() => import("../account/AccountPage.tsx"));
const SignInPage = page(() => import("../session/SignInPage.tsx"));
const RegisterPage = page(() => import("../session/RegisterPage.tsx"));
const ForgotPasswordPage = page(() => import("../session/ForgotPasswordPage.tsx"));
const ResetPasswordPage = page(() => import("../session/ResetPasswordPage.tsx"));
const VerifyEmailPage = page(() => import("../session/VerifyEmailPage.tsx"));

/** Load the code of a page that the server fills with data, so that React can render at once. */
export async function preloadPage(path: string): Promise<void> {
  if (path === "/") await Landing.preload();
  else if (matchPath("/experts", path)) await DirectoryPage.preload();
  else if (matchPath("/experts/:slug", path)) await ExpertPage.preload();
}

/** Routes of the application. */
export function App() {
  const { pathname } = useLocation();
  return (
    <Layout>
      <ErrorBoundary
        resetBy={pathname}
        fallback={(error) => (
          <Failure retry={() => void reload()} isOffline={error instanceof PageNotLoaded} />
        )}
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

/**
 * Reload the document, because a browser requests code that failed to load only once per document.
 *
 * Do nothing while the server does not respond, because the browser would show its own error page.
 */
async function reload(): Promise<void> {
  try {
    await fetch(window.location.href, { method: "HEAD" });
  } catch {
    return;
  }
  window.location.reload();
}

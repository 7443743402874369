import { lazy, Suspense } from "react";
import { Navigate, NavLink, Route, Routes } from "react-router";

import { NotFound } from "../app/NotFound.tsx";
import { useWords } from "../text/text.tsx";
import { Loading } from "../ui/Loading.tsx";
import { useTitle } from "../ui/title.ts";
import { BookingsList } from "./bookings/BookingsList.tsx";
import { EditExpert } from "./experts/EditExpert.tsx";
import { ExpertsList } from "./experts/ExpertsList.tsx";
import { NewExpert } from "./experts/NewExpert.tsx";
import { ExpertHoursPage } from "./experts/ExpertHoursPage.tsx";
import { UsersList } from "./users/UsersList.tsx";
import { administrationWords } from "./words.ts";

const AllFigures = lazy(() => import("../figures/AllFigures.tsx"));

const TABS = ["overview", "experts", "users", "bookings"] as const;

/** Page `/administration`, where administrators manage experts, accounts and bookings. */
export default function AdministrationPage() {
  const text = useWords(administrationWords);
  useTitle(text.title);
  return (
    <div className="grid gap-6 py-2 md:py-6">
      <p className="display text-2xl">{text.title}</p>
      <nav aria-label={text.title} className="flex gap-6 overflow-x-auto border-b border-line">
        {TABS.map((tab) => (
          <NavLink
            key={tab}
            to={`/administration/${tab}`}
            className="-mb-px inline-flex h-10 items-center border-b-2 border-transparent font-medium text-muted no-underline hover:text-text focus-visible:-outline-offset-2 aria-[current=page]:border-accent aria-[current=page]:text-text pointer-coarse:h-11"
          >
            {text.tabs[tab]}
          </NavLink>
        ))}
      </nav>
      <Routes>
        <Route index element={<Navigate to="/administration/overview" replace />} />
        <Route
          path="overview"
          element={
            <Suspense fallback={<Loading />}>
              <AllFigures />
            </Suspense>
          }
        />
        <Route path="experts" element={<ExpertsList />} />
        <Route path="experts/new" element={<NewExpert />} />
        <Route path="experts/:id" element={<EditExpert />} />
        <Route path="experts/:id/hours" element={<ExpertHoursPage />} />
        <Route path="users" element={<UsersList />} />
        <Route path="bookings" element={<BookingsList />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </div>
  );
}

import { useApolloClient } from "@apollo/client/react";
import { type ReactNode, useEffect } from "react";
import { Link } from "react-router";

import type { Viewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { accountWords } from "./words.ts";

/** The viewer's name, address and time zone, and links to the viewer's pages. */
export function AccountOverview({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  return (
    <div className="grid gap-6">
      <dl className="grid gap-4">
        <Fact name={words.name}>{viewer.name}</Fact>
        <Fact name={words.email}>
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="min-w-0 wrap-anywhere">{viewer.email}</span>
            <VerifiedBadge isVerified={viewer.emailVerified} />
          </span>
        </Fact>
        <Fact name={words.zone}>{viewer.timeZone.replaceAll("_", " ")}</Fact>
      </dl>
      {!viewer.emailVerified && <VerificationHint email={viewer.email} />}
      <nav aria-label={words.ways} className="flex flex-wrap gap-3">
        <Link to="/bookings" className={buttonClass()}>
          {words.bookings}
        </Link>
        {viewer.expert && (
          <>
            <Link to="/desk" className={buttonClass()}>
              {words.desk}
            </Link>
            <Link to="/desk/hours" className={buttonClass()}>
              {words.hours}
            </Link>
          </>
        )}
        {viewer.role === "ADMIN" && (
          <Link to="/administration" className={buttonClass()}>
            {words.administration}
          </Link>
        )}
      </nav>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-1">
      <dt className="text-muted">{name}</dt>
      <dd className="font-medium wrap-anywhere">{children}</dd>
    </div>
  );
}

function VerifiedBadge({ isVerified }: { isVerified: boolean }) {
  const words = useWords(accountWords);
  return (
    <span
      className={`rounded-full px-2 py-1 text-xs font-medium ${isVerified ? "bg-soft text-text" : "bg-held-bg text-held"}`}
    >
      {isVerified ? `✓ ${words.verified}` : words.notVerified}
    </span>
  );
}

function VerificationHint({ email }: { email: string }) {
  const words = useWords(accountWords);
  const client = useApolloClient();
  useEffect(() => {
    // The link in the mail opens in another tab: check again when the user returns to this one.
    function refetchViewer(): void {
      if (document.visibilityState === "visible") {
        client.refetchQueries({ include: ["Viewer"] }).catch(() => undefined);
      }
    }
    document.addEventListener("visibilitychange", refetchViewer);
    return () => document.removeEventListener("visibilitychange", refetchViewer);
  }, [client]);
  return (
    <div className="grid max-w-form justify-items-start gap-2 rounded-md bg-held-bg px-4 py-3 text-held">
      <p className="font-semibold">{words.verifyTitle}</p>
      <p>{words.verify}</p>
      <Link to="/forgot-password" state={{ email }} className="font-medium text-held underline">
        {words.newLink}
      </Link>
    </div>
  );
}

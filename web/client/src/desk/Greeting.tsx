import type { RefObject } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { dateFormat } from "../time/intl.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { deskWords } from "./words.ts";

interface GreetingProps {
  name: string;
  heading: RefObject<HTMLHeadingElement | null>;
  upcoming: readonly DeskBookingFragment[] | undefined;
  requests: readonly DeskBookingFragment[] | undefined;
}

/** The heading of the desk: a greeting, the next session, and the number of open requests. */
export function Greeting({ name, heading, upcoming, requests }: GreetingProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const now = useNow(60_000);
  const hour = Number(
    dateFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone: zone }).format(now),
  );
  const part = hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening";
  const [firstName = name] = name.split(" ");
  const next = upcoming?.find(
    ({ status, endsAt }) => status === "CONFIRMED" && Date.parse(endsAt) > now,
  );
  const isToday = next && formats.dateOf(next.startsAt) === formats.dateOf(new Date(now));
  const waiting = requests?.length ?? 0;
  return (
    <div className="min-w-0">
      <h1 ref={heading} tabIndex={-1} className="text-2xl outline-none wrap-anywhere">
        {text.greetings[part](firstName)}
      </h1>
      <p className="mt-1 min-h-6 text-base text-muted">
        {next
          ? text.nextSession[isToday ? "today" : "later"](
              isToday ? formats.time(next.startsAt) : formats.moment(next.startsAt),
              next.contact?.name ?? next.reference,
            )
          : upcoming && text.noNextSession}{" "}
        {waiting > 0 && text.requestsWait(waiting)}
      </p>
    </div>
  );
}

import type { BookingDetailsFragment } from "../api/gql/graphql.ts";
import { serverUrl } from "../api/server.ts";
import { placeWords } from "../place/words.ts";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type CalendarEntry, googleCalendarUrl, outlookCalendarUrl } from "./calendarLinks.ts";
import { bookingPageWords } from "./pageWords.ts";

/** Links that add a session to the user's own calendar, for example in Google or Outlook. */
export function AddToCalendar({ booking }: { booking: BookingDetailsFragment }) {
  const text = useWords(bookingPageWords);
  const places = useWords(placeWords);
  const { place, expert, reference, startsAt, endsAt, icsUrl } = booking;
  const page = new URL(`/bookings/${booking.id}`, window.location.href).href;
  const entry: CalendarEntry = {
    title: text.entry(expert.name),
    startsAt,
    endsAt,
    location: place.details ?? places.kinds[place.kind],
    description: `ExpertBook ${reference}\n${page}`,
  };
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-5 md:px-8 print:hidden">
      <p id="add-to-calendar" className="text-sm font-semibold max-sm:w-full">
        {text.addTo}
      </p>
      <ul aria-labelledby="add-to-calendar" className="flex flex-1 flex-wrap items-center gap-2">
        <Provider url={googleCalendarUrl(entry)} name="Google" label={text.addToGoogle} />
        <Provider url={outlookCalendarUrl(entry)} name="Outlook" label={text.addToOutlook} />
        <li className="sm:ml-auto">
          <a href={serverUrl(icsUrl)} download className={`${buttonClass("plain")} px-2!`}>
            <Icon name="download" className="size-4" />
            {text.file}
          </a>
        </li>
      </ul>
    </div>
  );
}

function Provider({ url, name, label }: { url: string; name: string; label: string }) {
  return (
    <li>
      <a
        href={url}
        target="_blank"
        rel="noreferrer"
        aria-label={label}
        className={`${buttonClass()} px-3.5!`}
      >
        <Icon name="calendarPlus" className="size-4" />
        {name}
      </a>
    </li>
  );
}

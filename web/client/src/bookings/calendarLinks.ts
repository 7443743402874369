/** A session, as an entry for the user's own calendar. */
export interface CalendarEntry {
  readonly title: string;
  /** Beginning of the session, in RFC 3339 format like `endsAt`. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** Place of the session: a link, a phone number, a street address, or the kind of place. */
  readonly location: string;
  readonly description: string;
}

/** Return the URL that adds an entry to Google Calendar. */
export function googleCalendarUrl(entry: CalendarEntry): string {
  const { title, startsAt, endsAt, location, description } = entry;
  const query = new URLSearchParams({
    action: "TEMPLATE",
    text: title,
    dates: `${compact(startsAt)}/${compact(endsAt)}`,
    location,
    details: description,
  });
  return `https://calendar.google.com/calendar/render?${query}`;
}

/** Return the URL that adds an entry to the calendar of Outlook on the web. */
export function outlookCalendarUrl(entry: CalendarEntry): string {
  const { title, startsAt, endsAt, location, description } = entry;
  const query = new URLSearchParams({
    path: "/calendar/action/compose",
    rru: "addevent",
    subject: title,
    startdt: utc(startsAt),
    enddt: utc(endsAt),
    location,
    body: description,
  });
  // Outlook does not decode plus signs as spaces.
  return `https://outlook.live.com/calendar/0/action/compose?${query.toString().replaceAll("+", "%20")}`;
}

/** Return an instant in UTC without fractions of seconds, such as 2026-12-01T10:00:00Z. */
function utc(instant: string): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Return an instant in UTC without separators, such as 20261201T100000Z. */
function compact(instant: string): string {
  return utc(instant).replace(/[-:]/g, "");
}

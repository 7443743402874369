import { expect, it } from "vitest";

import { googleCalendarUrl, outlookCalendarUrl } from "./calendarLinks.ts";

const entry = {
  title: "Session with Ada & Grace",
  startsAt: "2026-12-01T11:00:00+01:00",
  endsAt: "2026-12-01T11:30:00.000+01:00",
  location: "Lange Straße 1, Köln",
  description: "ExpertBook EPG6-EA0J\nhttps://book.example.com/bookings/Qm9+x?a=b#c",
};

it("passes title, start and end in UTC, location and description to Google Calendar", () => {
  const url = new URL(googleCalendarUrl(entry));
  expect(url.origin + url.pathname).toBe("https://calendar.google.com/calendar/render");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    action: "TEMPLATE",
    text: entry.title,
    dates: "20261201T100000Z/20261201T103000Z",
    location: entry.location,
    details: entry.description,
  });
});

it("passes the same details to Outlook, with spaces encoded as %20 instead of plus signs", () => {
  const url = new URL(outlookCalendarUrl(entry));
  expect(url.origin).toBe("https://outlook.live.com");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    path: "/calendar/action/compose",
    rru: "addevent",
    subject: entry.title,
    startdt: "2026-12-01T10:00:00Z",
    enddt: "2026-12-01T10:30:00Z",
    location: entry.location,
    body: entry.description,
  });
  expect(url.search).not.toContain("+");
});

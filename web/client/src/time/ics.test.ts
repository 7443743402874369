import { expect, it } from "vitest";

import { calendarFile } from "./ics.ts";

const session = {
  id: "Qm9va2luZzox",
  reference: "RMZE-NZRM",
  startsAt: "2027-03-28T00:30:00Z",
  endsAt: "2027-03-28T01:00:00Z",
  summary: "Session with Zoë, \\ & co; or\nmore",
  url: "https://example.com/bookings",
};

it("has one event in UTC, with the line ends of RFC 5545", () => {
  const lines = calendarFile(session).split("\r\n");
  expect(lines.slice(0, 2)).toEqual(["BEGIN:VCALENDAR", "VERSION:2.0"]);
  expect(lines.slice(-3)).toEqual(["END:VEVENT", "END:VCALENDAR", ""]);
  expect(lines).toContain("DTSTART:20270328T003000Z");
  expect(lines).toContain("DTEND:20270328T010000Z");
  expect(lines).toContain("SUMMARY:Session with Zoë\\, \\\\ & co\\; or\\nmore");
});

it("folds long lines at 75 octets, between characters", () => {
  const text = calendarFile({ ...session, summary: "ä😀".repeat(60) });
  const lines = text.split("\r\n");
  for (const line of lines) {
    expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
    expect(line).not.toContain("�");
  }
  expect(text.replaceAll("\r\n ", "")).toContain("ä😀".repeat(60));
});

import { describe, expect, test } from "vitest";

import {
  announcementFor,
  calendarVariables,
  type DeskList,
  firstPageVariables,
  matchesFilter,
  visibleBookings,
} from "./lists.ts";

const TODAY = "2026-11-21T23:00:00Z";

function booking(
  id: string,
  startsAt: string,
  status: "PENDING" | "CONFIRMED" | "CANCELLED" = "CONFIRMED",
) {
  return { id, startsAt, status };
}

function matches(list: DeskList, one: ReturnType<typeof booking>): boolean {
  return matchesFilter(firstPageVariables(list, "e", TODAY).filter ?? {}, one);
}

describe("lists", () => {
  test("today's sessions are in the upcoming list, even if they have ended", () => {
    expect(matches("upcoming", booking("a", TODAY))).toBe(true);
    expect(matches("past", booking("a", TODAY))).toBe(false);
    expect(matches("past", booking("a", "2026-11-21T22:59:00Z"))).toBe(true);
  });

  test("an unconfirmed booking is listed as a request, not as an upcoming session", () => {
    const request = booking("a", "2026-11-22T09:00:00Z", "PENDING");
    expect(matches("requests", request)).toBe(true);
    expect(matches("upcoming", request)).toBe(false);
  });

  test("the upcoming list is read from its end, because the server sorts latest first", () => {
    expect(firstPageVariables("upcoming", "e", TODAY)).toMatchObject({
      last: 20,
      filter: { from: TODAY },
    });
    expect(firstPageVariables("past", "e", TODAY)).toMatchObject({
      first: 20,
      filter: { to: TODAY },
    });
  });

  test("cancelled bookings and duplicates are not shown, and the next booking comes first", () => {
    const next = booking("next", "2026-11-22T09:00:00Z");
    const later = booking("later", "2026-11-23T09:00:00Z");
    const off = booking("off", "2026-11-22T10:00:00Z", "CANCELLED");
    const edges = [later, off, next, later].map((node) => ({ node }));
    const variables = firstPageVariables("upcoming", "e", TODAY);
    expect(visibleBookings(variables, edges).map(({ id }) => id)).toEqual(["next", "later"]);
  });

  test("the calendar has requests and sessions on its days, but no cancelled bookings", () => {
    const days = [new Date("2026-11-22T00:00:00Z"), new Date("2026-11-29T00:00:00Z")] as const;
    const { filter } = calendarVariables("e", ...days);
    const found = [
      booking("night", "2026-11-21T23:00:00Z"),
      booking("request", "2026-11-28T23:45:00Z", "PENDING"),
      booking("off", "2026-11-23T09:00:00Z", "CANCELLED"),
      booking("later", "2026-11-29T00:00:00Z"),
    ].filter((one) => matchesFilter(filter ?? {}, one));
    expect(found.map(({ id }) => id)).toEqual(["night", "request"]);
  });
});

describe("announcements", () => {
  const client = { id: "client" };
  const at = "2026-11-22T09:00:00Z";

  test("a new booking and a new request are announced", () => {
    expect(
      announcementFor([{ from: null, to: "CONFIRMED", startsAt: at, actor: client }], "me"),
    ).toBe("booked");
    expect(
      announcementFor([{ from: "HELD", to: "PENDING", startsAt: at, actor: client }], "me"),
    ).toBe("requested");
  });

  test("a hold and its release are not announced", () => {
    expect(
      announcementFor([{ from: null, to: "HELD", startsAt: at, actor: client }], "me"),
    ).toBeUndefined();
    expect(
      announcementFor([{ from: "HELD", to: "CANCELLED", startsAt: at, actor: client }], "me"),
    ).toBeUndefined();
  });

  test("a reschedule and a cancellation are announced", () => {
    const first = { from: null, to: "CONFIRMED", startsAt: at, actor: client } as const;
    const moved = {
      from: "CONFIRMED",
      to: "PENDING",
      startsAt: "2026-11-23T09:00:00Z",
      actor: client,
    } as const;
    expect(announcementFor([first, moved], "me")).toBe("moved");
    const longer = { ...first, from: "CONFIRMED" } as const;
    expect(announcementFor([first, longer], "me")).toBe("moved");
    expect(announcementFor([first, { ...first, from: "CONFIRMED", to: "CANCELLED" }], "me")).toBe(
      "cancelled",
    );
  });

  test("changes by the expert and expired requests are not announced", () => {
    expect(
      announcementFor(
        [{ from: "PENDING", to: "CONFIRMED", startsAt: at, actor: { id: "me" } }],
        "me",
      ),
    ).toBeUndefined();
    expect(
      announcementFor([{ from: "PENDING", to: "EXPIRED", startsAt: at, actor: null }], "me"),
    ).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";

import { belongs, firstPage, shown, tidingsOf } from "./lists.ts";

const TODAY = "2026-11-21T23:00:00Z";

function booking(
  id: string,
  startsAt: string,
  status: "PENDING" | "CONFIRMED" | "CANCELLED" = "CONFIRMED",
) {
  return { id, startsAt, status };
}

describe("lists", () => {
  test("today's sessions are coming ones, over or not", () => {
    expect(belongs("coming", booking("a", TODAY), TODAY)).toBe(true);
    expect(belongs("earlier", booking("a", TODAY), TODAY)).toBe(false);
    expect(belongs("earlier", booking("a", "2026-11-21T22:59:00Z"), TODAY)).toBe(true);
  });

  test("a request is no session until it is confirmed", () => {
    const request = booking("a", "2026-11-22T09:00:00Z", "PENDING");
    expect(belongs("requests", request, TODAY)).toBe(true);
    expect(belongs("coming", request, TODAY)).toBe(false);
  });

  test("what comes is read from the end, as the server has the latest first", () => {
    expect(firstPage("coming", "e", TODAY)).toMatchObject({ last: 20, filter: { from: TODAY } });
    expect(firstPage("earlier", "e", TODAY)).toMatchObject({ first: 20, filter: { to: TODAY } });
  });

  test("cancelled ones leave, and each is there once, the next first", () => {
    const next = booking("next", "2026-11-22T09:00:00Z");
    const later = booking("later", "2026-11-23T09:00:00Z");
    const off = booking("off", "2026-11-22T10:00:00Z", "CANCELLED");
    const edges = [later, off, next, later].map((node) => ({ node }));
    expect(shown("coming", edges, TODAY).map(({ id }) => id)).toEqual(["next", "later"]);
  });
});

describe("tidings", () => {
  const client = { id: "client" };
  const at = "2026-11-22T09:00:00Z";

  test("a booking and a request", () => {
    expect(tidingsOf([{ from: null, to: "CONFIRMED", startsAt: at, actor: client }], "me")).toBe(
      "booked",
    );
    expect(tidingsOf([{ from: "HELD", to: "PENDING", startsAt: at, actor: client }], "me")).toBe(
      "requested",
    );
  });

  test("a hold and its release are none", () => {
    expect(
      tidingsOf([{ from: null, to: "HELD", startsAt: at, actor: client }], "me"),
    ).toBeUndefined();
    expect(
      tidingsOf([{ from: "HELD", to: "CANCELLED", startsAt: at, actor: client }], "me"),
    ).toBeUndefined();
  });

  test("a move is one, and so is a cancellation", () => {
    const first = { from: null, to: "CONFIRMED", startsAt: at, actor: client } as const;
    const moved = {
      from: "CONFIRMED",
      to: "PENDING",
      startsAt: "2026-11-23T09:00:00Z",
      actor: client,
    } as const;
    expect(tidingsOf([first, moved], "me")).toBe("moved");
    expect(tidingsOf([first, { ...first, from: "CONFIRMED", to: "CANCELLED" }], "me")).toBe(
      "cancelled",
    );
  });

  test("what the expert or the clock did is none", () => {
    expect(
      tidingsOf([{ from: "PENDING", to: "CONFIRMED", startsAt: at, actor: { id: "me" } }], "me"),
    ).toBeUndefined();
    expect(
      tidingsOf([{ from: "PENDING", to: "EXPIRED", startsAt: at, actor: null }], "me"),
    ).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";

import { SequenceLink } from "./sequenceLink.ts";

function slot(sequence: number, status: string, more: object = {}) {
  return { __typename: "Slot", id: "s", sequence, status, ...more };
}

/** Return all permutations of the given items. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

describe("the newest version of a slot is shown", () => {
  const answers = [
    { expert: { __typename: "Expert", id: "e", sequence: 1, slots: [slot(1, "OPEN")] } },
    { slotChanged: { __typename: "SlotEvent", sequence: 2, changed: [slot(2, "HELD")] } },
    { bookSlot: { __typename: "Booking", id: "b", sequence: 3, slot: slot(3, "BOOKED") } },
    { slotChanged: { __typename: "SlotEvent", sequence: 4, changed: [slot(4, "OPEN")] } },
  ];

  it.each(permutations([0, 1, 2, 3]))("if results arrive in the order %i %i %i %i", (...order) => {
    const link = new SequenceLink();
    const shown: string[] = [];
    for (const index of order) {
      const text = JSON.stringify(link.merge(answers[index]));
      shown.push(/"status":"(\w+)"/.exec(text)![1]!);
    }
    const known = order.map((_, at) => Math.max(...order.slice(0, at + 1)));
    expect(shown).toEqual(known.map((index) => ["OPEN", "HELD", "BOOKED", "OPEN"][index]));
  });
});

it("keeps fields that only an older version of an object has", () => {
  const link = new SequenceLink();
  link.merge(slot(5, "BOOKED"));
  const older = link.merge(slot(3, "OPEN", { startsAt: "2026-11-23T08:00:00Z" }));
  expect(older).toEqual(slot(5, "BOOKED", { startsAt: "2026-11-23T08:00:00Z" }));
});

it("uses the result that arrives last if two have the same sequence", () => {
  const link = new SequenceLink();
  link.merge(slot(5, "HELD"));
  expect(link.merge(slot(5, "OPEN"))).toEqual(slot(5, "OPEN"));
});

it("leaves objects other than slots and bookings alone, and mutates no results", () => {
  const link = new SequenceLink();
  const data = { experts: [{ __typename: "Expert", id: "e", sequence: 9 }], none: null, n: 1 };
  const before = structuredClone(data);
  link.merge({ ...data, experts: [{ __typename: "Expert", id: "e", sequence: 10 }] });
  expect(link.merge(data)).toEqual(before);
  expect(data).toEqual(before);
});

it("forgets versions that another viewer has seen", () => {
  const link = new SequenceLink();
  link.merge(slot(5, "BOOKED", { mine: true }));
  link.reset();
  expect(link.merge(slot(4, "OPEN", { mine: false }))).toEqual(slot(4, "OPEN", { mine: false }));
});

import type { Draft, OfferDraft } from "./draft.ts";
import { toOverrideDrafts, toOverrideInput } from "./overrides.ts";
import { type Span, WEEKDAYS } from "./spans.ts";

/** A draft, and the saved hours that it started from. */
interface Edited {
  readonly saved: Draft;
  readonly draft: Draft;
}

/**
 * Apply the changes that a draft contains to other hours: weekdays, single days and rules one by
 * one, but the list of offers as a whole.
 */
export function reapply({ saved, draft }: Edited, other: Draft, today: string): Draft {
  const days = WEEKDAYS.map((day) => {
    const isChanged = timesOf(draft.week[day]) !== timesOf(saved.week[day]);
    return [day, (isChanged ? draft : other).week[day]];
  });
  const rules = Object.entries(draft.rules).filter(
    ([name, value]) => value !== saved.rules[name as keyof Draft["rules"]],
  );
  const isOffersChanged = offersOf(draft.offers) !== offersOf(saved.offers);
  return {
    week: Object.fromEntries(days) as Draft["week"],
    overrides: reapplyOverrides({ saved, draft }, other, today),
    offers: (isOffersChanged ? draft : other).offers,
    rules: { ...other.rules, ...(Object.fromEntries(rules) as Partial<Draft["rules"]>) },
  };
}

function reapplyOverrides({ saved, draft }: Edited, other: Draft, today: string) {
  const [before, after, found] = [saved, draft, other].map(
    ({ overrides }) => new Map(toOverrideInput(overrides).map((each) => [each.date, each])),
  ) as [OverridesByDate, OverridesByDate, OverridesByDate];
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (date) => JSON.stringify(before.get(date)) !== JSON.stringify(after.get(date)),
  );
  if (!changed.length) return other.overrides;
  for (const date of changed) {
    const override = after.get(date);
    if (override) found.set(date, override);
    else found.delete(date);
  }
  return toOverrideDrafts([...found.values()], today);
}

type OverridesByDate = Map<string, ReturnType<typeof toOverrideInput>[number]>;

function timesOf(spans: readonly Span[]): string {
  return spans.map(({ from, to }) => `${from}-${to}`).join();
}

function offersOf(offers: readonly OfferDraft[]): string {
  return JSON.stringify(offers.map((offer) => ({ ...offer, key: "" })));
}

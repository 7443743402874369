import type { HoursFragment, PlaceKind, SetAvailabilityInput } from "../api/gql/graphql.ts";
import {
  mapOverrideProblems,
  type OverrideDraft,
  type OverrideWords,
  toOverrideDrafts,
  toOverrideInput,
  validateOverrides,
} from "./overrides.ts";
import { formatPriceField, parseAmount, priceProblem, type PriceWords } from "./price.ts";
import {
  findMissingTimes,
  newKey,
  mapSpanProblems,
  allSpans,
  type Week,
  toWeeklyInput,
  toWeek,
} from "./spans.ts";
import type { Problems } from "../ui/problems.ts";

/** An offered session length, with its price and place as the user typed them. */
export interface OfferDraft {
  readonly key: string;
  readonly minutes: number;
  readonly price: string;
  readonly placeKind: PlaceKind;
  readonly placeDetails: string;
}

/** Booking rules that consist of a single value. */
export interface RulesDraft {
  readonly stepMinutes: number | null;
  readonly breakMinutes: number;
  readonly minimumNoticeMinutes: number;
  /** Text as typed. */
  readonly horizonDays: string;
  readonly cancellationNoticeMinutes: number;
  readonly confirmsAutomatically: boolean;
}

/** An expert's hours, offers and booking rules, as edited in the form. */
export interface Draft {
  readonly week: Week;
  readonly overrides: readonly OverrideDraft[];
  readonly offers: readonly OfferDraft[];
  readonly rules: RulesDraft;
}

/** Error messages for problems that the browser finds before it sends the changes. */
export interface DraftWords extends PriceWords, OverrideWords {
  readonly noNumber: string;
}

/** Convert the saved hours and rules to a draft, without the overrides of days before `today`. */
export function toDraft(expert: HoursFragment, today: string, locale: string): Draft {
  const { weekly, overrides, ...rules } = expert.availability;
  return {
    week: toWeek(weekly),
    overrides: toOverrideDrafts(overrides, today),
    offers: expert.offers.map(({ minutes, price, place }) => ({
      key: newKey(),
      minutes,
      placeKind: place.kind,
      placeDetails: place.details ?? "",
      price: formatPriceField(price.amount, price.decimals, locale),
    })),
    rules: {
      stepMinutes: rules.stepMinutes ?? null,
      breakMinutes: rules.breakMinutes,
      minimumNoticeMinutes: rules.minimumNoticeMinutes,
      horizonDays: String(rules.horizonDays),
      cancellationNoticeMinutes: rules.cancellationNoticeMinutes,
      confirmsAutomatically: rules.confirmsAutomatically,
    },
  };
}

/** Return the changed parts of a draft, as input for the mutation that saves them. */
export function changedInput(
  expert: HoursFragment,
  saved: Draft,
  draft: Draft,
): SetAvailabilityInput {
  const before = toInput(saved, expert.hourlyRate);
  const after = toInput(draft, expert.hourlyRate);
  const changed = Object.entries(after).filter(
    ([name, value]) => canonical(value) !== canonical(before[name as keyof typeof before]),
  );
  const { stepMinutes, ...others }: SetAvailabilityInput = Object.fromEntries(changed);
  // The server treats a null `stepMinutes` as absent, so `stepMatchesSession` replaces it.
  if (stepMinutes === null) return { ...others, stepMatchesSession: true };
  return { ...others, ...(stepMinutes && { stepMinutes }) };
}

/** Return the problems that must be fixed before the draft can be sent. */
export function validateDraft(draft: Draft, decimals: number, words: DraftWords): Problems {
  const { week, overrides, offers, rules } = draft;
  const found: Record<string, string> = findMissingTimes(
    allSpans(week).map(({ span }) => span),
    words.noTime,
  );
  Object.assign(found, validateOverrides(overrides, words));
  for (const { key, price } of offers) {
    const problem = priceProblem(parseAmount(price, decimals), words);
    if (problem) found[`${key}.price`] = problem;
  }
  if (!/^\d{1,6}$/.test(rules.horizonDays.trim())) found.horizonDays = words.noNumber;
  return found;
}

/** Map the server's problems, keyed by input path, to the draft's fields. */
export function mapServerProblems(problems: Problems, draft: Draft): Problems {
  const { week, overrides, offers } = draft;
  const found: Record<string, string> = {};
  Object.assign(
    found,
    mapSpanProblems(
      problems,
      "weekly",
      allSpans(week).map(({ span }) => span),
    ),
  );
  Object.assign(found, mapOverrideProblems(problems, overrides));
  offers.forEach(({ key }, index) => {
    copy(problems, `offers.${index}.minutes`, found, `${key}.minutes`);
    copy(problems, `offers.${index}.place.details`, found, `${key}.placeDetails`);
    for (const part of ["amount", "currency"]) {
      copy(problems, `offers.${index}.price.${part}`, found, `${key}.price`);
    }
  });
  // A path without a dot names a whole list, or a field that has the same name in the draft.
  for (const [path, message] of Object.entries(problems))
    if (!path.includes(".")) found[path] = message;
  return found;
}

function toInput(
  { week, overrides, offers, rules }: Draft,
  { currency, decimals }: HoursFragment["hourlyRate"],
) {
  return {
    weekly: toWeeklyInput(week),
    overrides: toOverrideInput(overrides),
    offers: offers.map(({ minutes, price, placeKind, placeDetails }) => ({
      minutes,
      place: { kind: placeKind, details: placeDetails.trim() || null },
      price: { amount: parseAmount(price, decimals) ?? NaN, currency },
    })),
    ...rules,
    horizonDays: Number(rules.horizonDays),
  };
}

/**
 * Serialize a value so that it can be compared. Lists other than offers are sorted; the order of
 * offers matters, because the first offer is the default.
 */
function canonical(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value.map((item: object) =>
    "hours" in item
      ? JSON.stringify({ ...item, hours: canonical(item.hours) })
      : JSON.stringify(item),
  );
  const isOrdered = value.some((item: object) => "price" in item);
  return JSON.stringify(isOrdered ? items : items.sort());
}

function copy(from: Problems, path: string, to: Record<string, string>, key: string): void {
  const message = from[path];
  if (message) to[key] = message;
}

import type { CreateExpertInput } from "../../api/gql/graphql.ts";
import type { DraftWords, OfferDraft } from "../../hours/draft.ts";
import { priceProblem } from "../../hours/price.ts";
import {
  findMissingTimes,
  newKey,
  mapSpanProblems,
  toSpan,
  allSpans,
  type Week,
  WEEKDAYS,
  toWeeklyInput,
  toWeek,
} from "../../hours/spans.ts";
import * as profiles from "../../profile/profile.ts";
import type { Problems } from "../../ui/problems.ts";

/** A new expert's profile, offers and weekly hours, as entered in the form. */
export interface NewExpertDraft {
  readonly profile: profiles.Profile;
  readonly offers: readonly OfferDraft[];
  readonly week: Week;
}

/** Return the form's initial values: the account's time zone and common office hours. */
export function initialDraft(
  account: { name: string; timeZone: string },
  price: { currency: string; decimals: number } | undefined,
): NewExpertDraft {
  const usual = WEEKDAYS.slice(0, 5).map((weekday) => ({
    weekday,
    ...toSpan({ from: "09:00", to: "17:00" }),
  }));
  return {
    profile: {
      name: account.name,
      title: "",
      category: "TECHNOLOGY",
      bio: "",
      contactEmail: "",
      experienceYears: "",
      languages: "English",
      hourlyRate: "",
      currency: price?.currency ?? "",
      decimals: price?.decimals,
      timeZone: account.timeZone,
    },
    offers: [{ key: newKey(), minutes: 60, price: "", placeKind: "VIDEO", placeDetails: "" }],
    week: toWeek(usual),
  };
}

/** Convert a draft to the mutation's input without a name: experts get their account's name. */
export function toInput({
  profile,
  offers,
  week,
}: NewExpertDraft): Omit<CreateExpertInput, "userId"> {
  const { name: _, ...described } = profiles.toInput(profile);
  const { currency } = profile;
  return {
    ...described,
    offers: offers.map(({ minutes, price, placeKind, placeDetails }) => ({
      minutes,
      place: { kind: placeKind, details: placeDetails.trim() || null },
      price: { amount: profiles.parsePrice(price, profile) ?? NaN, currency },
    })),
    weekly: toWeeklyInput(week),
  };
}

/** Return the problems that must be fixed before the draft can be sent. */
export function validate({ profile, offers, week }: NewExpertDraft, words: DraftWords): Problems {
  const found: Record<string, string> = { ...profiles.validate(profile, words) };
  for (const { key, price } of offers) {
    // If the currency is missing, report that only at its own field, not at every price.
    if (found.currency !== undefined) continue;
    const problem = priceProblem(profiles.parsePrice(price, profile), words);
    if (problem) found[`${key}.price`] = problem;
  }
  return {
    ...found,
    ...findMissingTimes(
      allSpans(week).map(({ span }) => span),
      words.noTime,
    ),
  };
}

/** Convert the server's problems, keyed by input path, to problems keyed by form field. */
export function mapServerProblems(problems: Problems, { offers, week }: NewExpertDraft): Problems {
  const found: Record<string, string> = { ...profiles.mapServerProblems(problems) };
  if (problems.offers) found.offers = problems.offers;
  offers.forEach(({ key }, index) => {
    const minutes = problems[`offers.${index}.minutes`];
    const price =
      problems[`offers.${index}.price.amount`] ?? problems[`offers.${index}.price.currency`];
    const place = problems[`offers.${index}.place.details`];
    if (place) found[`${key}.placeDetails`] = place;
    if (minutes) found[`${key}.minutes`] = minutes;
    if (price) found[`${key}.price`] = price;
  });
  return {
    ...found,
    ...mapSpanProblems(
      problems,
      "weekly",
      allSpans(week).map(({ span }) => span),
    ),
  };
}

import type { CreateExpertInput } from "../../api/gql/graphql.ts";
import type { DraftWords, OfferDraft } from "../../desk/hours/draft.ts";
import { amountFrom } from "../../desk/hours/price.ts";
import {
  missingIn,
  newKey,
  type Problems,
  problemsOfSpans,
  spanOf,
  spansOf,
  type Week,
  WEEKDAYS,
  weeklyOf,
  weekOf,
} from "../../desk/hours/spans.ts";
import * as profiles from "./profile.ts";

/** An expert to be, as it is typed. */
export interface NewExpertDraft {
  readonly profile: profiles.Profile;
  readonly offers: readonly OfferDraft[];
  readonly week: Week;
}

/** What the form begins with: the account's zone, and usual hours. */
export function beginning(
  account: { name: string; timeZone: string },
  currency: string,
): NewExpertDraft {
  const usual = WEEKDAYS.slice(0, 5).map((weekday) => ({
    weekday,
    ...spanOf({ from: "09:00", to: "17:00" }),
  }));
  return {
    profile: {
      name: account.name,
      title: "",
      category: "TECHNOLOGY",
      bio: "",
      experienceYears: "",
      languages: "English",
      hourlyRate: "",
      currency,
      timeZone: account.timeZone,
    },
    offers: [{ key: newKey(), minutes: 60, price: "" }],
    week: weekOf(usual),
  };
}

/** The draft as the server takes it; the name is the account's. */
export function inputOf({
  profile,
  offers,
  week,
}: NewExpertDraft): Omit<CreateExpertInput, "userId"> {
  const { name: _, ...described } = profiles.inputOf(profile);
  const { currency } = profile;
  return {
    ...described,
    offers: offers.map(({ minutes, price }) => ({
      minutes,
      price: { amount: amountFrom(price, currency) ?? NaN, currency },
    })),
    weekly: weeklyOf(week),
  };
}

/** What is wrong with a draft that the server could not even read. */
export function problemsOf({ profile, offers, week }: NewExpertDraft, words: DraftWords): Problems {
  const found: Record<string, string> = { ...profiles.problemsOf(profile, words) };
  for (const { key, price } of offers) {
    // What is wrong with the currency is said where it is typed.
    const isPrice =
      found["currency"] !== undefined || amountFrom(price, profile.currency) !== undefined;
    if (!isPrice) found[`${key}.price`] = words.noPrice;
  }
  return {
    ...found,
    ...missingIn(
      spansOf(week).map(({ span }) => span),
      words.noTime,
    ),
  };
}

/** The server's problems, by path in the input, for what they are about in the draft. */
export function placed(problems: Problems, { offers, week }: NewExpertDraft): Problems {
  const found: Record<string, string> = { ...profiles.placed(problems) };
  if (problems["offers"]) found["offers"] = problems["offers"];
  offers.forEach(({ key }, index) => {
    const minutes = problems[`offers.${index}.minutes`];
    const price =
      problems[`offers.${index}.price.amount`] ?? problems[`offers.${index}.price.currency`];
    if (minutes) found[`${key}.minutes`] = minutes;
    if (price) found[`${key}.price`] = price;
  });
  return {
    ...found,
    ...problemsOfSpans(
      problems,
      "weekly",
      spansOf(week).map(({ span }) => span),
    ),
  };
}

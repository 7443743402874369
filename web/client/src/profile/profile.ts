import type { EditedExpertFragment, Category, UpdateExpertInput } from "../api/gql/graphql.ts";
import { formatPriceField, parseAmount, priceProblem, type PriceWords } from "../hours/price.ts";
import type { Problems } from "../ui/problems.ts";

/** An expert's profile, as entered in the form. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  readonly category: Category;
  readonly bio: string;
  readonly contactEmail: string;
  readonly experienceYears: string;
  readonly languages: string;
  readonly hourlyRate: string;
  readonly currency: string;
  /** Number of decimal places of the currency; undefined while there is no expert with a price. */
  readonly decimals: number | undefined;
  readonly timeZone: string;
}

/** All categories, in the directory's order. */
export const CATEGORIES: readonly Category[] = [
  "TECHNOLOGY",
  "FINANCE",
  "HEALTH",
  "BUSINESS",
  "LEGAL",
  "DESIGN",
  "MARKETING",
  "EDUCATION",
];

export function toProfile(expert: EditedExpertFragment, locale: string): Profile {
  const { name, title, category, bio, timeZone } = expert;
  const { amount, currency, decimals } = expert.hourlyRate;
  return {
    name,
    title,
    category,
    bio,
    timeZone,
    contactEmail: expert.contactEmail ?? "",
    experienceYears: String(expert.experienceYears),
    languages: expert.languages.join(", "),
    hourlyRate: formatPriceField(amount, decimals, locale),
    currency,
    decimals,
  };
}

/** Parse a typed price in the profile's currency into minor units; undefined if it is invalid. */
export function parsePrice(
  typed: string,
  { currency, decimals }: Pick<Profile, "currency" | "decimals">,
): number | undefined {
  // As long as there is no expert, the server has not sent the number of decimals.
  const style = { style: "currency", currency } as const;
  const format = () => new Intl.NumberFormat("en", style).resolvedOptions();
  return parseAmount(typed, decimals ?? format().maximumFractionDigits ?? 2);
}

/** Convert a profile to the mutation's input. */
export function toInput(profile: Profile) {
  const { currency, decimals: _, hourlyRate, experienceYears, languages, ...texts } = profile;
  return {
    ...texts,
    experienceYears: Number(experienceYears),
    languages: languages
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
    hourlyRate: { amount: parsePrice(hourlyRate, profile) ?? NaN, currency },
  };
}

/** Return only the changed fields, as input for the mutation. */
export function changedInput(saved: Profile, edited: Profile): Omit<UpdateExpertInput, "expertId"> {
  const before = toInput(saved);
  const changed = Object.entries(toInput(edited)).filter(
    ([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(before[name as keyof typeof before]),
  );
  return Object.fromEntries(changed);
}

export interface ProfileWords extends PriceWords {
  readonly noNumber: string;
}

/** Return the problems that must be fixed before the profile can be sent. */
export function validate(profile: Profile, words: ProfileWords): Problems {
  const found: Record<string, string> = {};
  if (!/^\d{1,4}$/.test(profile.experienceYears.trim())) found.experienceYears = words.noNumber;
  // Without a valid currency, the price cannot be parsed, so the missing currency is reported
  // instead.
  const hasCurrency = /^[A-Z]{3}$/.test(profile.currency);
  const problem = hasCurrency && priceProblem(parsePrice(profile.hourlyRate, profile), words);
  if (problem) found.hourlyRate = problem;
  if (!hasCurrency) found.currency = words.noPrice;
  return found;
}

/** Map the problems from the server, which are keyed by input path, to the form's fields. */
export function mapServerProblems(problems: Problems): Problems {
  const found: Record<string, string> = {};
  for (const [path, message] of Object.entries(problems)) {
    const [field = ""] = path.split(".");
    const key = path === "hourlyRate.currency" ? "currency" : field;
    if (key !== "offers" && key !== "weekly") found[key] ??= message;
  }
  return found;
}

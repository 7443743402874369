import type {
  AdministeredExpertFragment,
  Category,
  UpdateExpertInput,
} from "../../api/gql/graphql.ts";
import { amountFrom, priceInField } from "../../desk/hours/price.ts";
import type { Problems } from "../../desk/hours/spans.ts";

/** An expert's entry in the directory as it is typed. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  readonly category: Category;
  readonly bio: string;
  readonly experienceYears: string;
  readonly languages: string;
  readonly hourlyRate: string;
  readonly currency: string;
  readonly timeZone: string;
}

/** The categories in the order of the directory. */
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

export function profileOf(expert: AdministeredExpertFragment, locale: string): Profile {
  const { name, title, category, bio, timeZone } = expert;
  const { amount, currency } = expert.hourlyRate;
  return {
    name,
    title,
    category,
    bio,
    timeZone,
    experienceYears: String(expert.experienceYears),
    languages: expert.languages.join(", "),
    hourlyRate: priceInField(amount, currency, locale),
    currency,
  };
}

/** A profile as the server takes it. */
export function inputOf(profile: Profile) {
  const { currency, hourlyRate, experienceYears, languages, ...texts } = profile;
  return {
    ...texts,
    experienceYears: Number(experienceYears),
    languages: languages
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
    hourlyRate: { amount: amountFrom(hourlyRate, currency) ?? NaN, currency },
  };
}

/** What is to be changed, and nothing else. */
export function changesOf(saved: Profile, edited: Profile): Omit<UpdateExpertInput, "expertId"> {
  const before = inputOf(saved);
  const changed = Object.entries(inputOf(edited)).filter(
    ([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(before[name as keyof typeof before]),
  );
  return Object.fromEntries(changed);
}

interface ProfileWords {
  readonly noPrice: string;
  readonly noNumber: string;
}

/** What is wrong with a profile that the server could not even read. */
export function problemsOf(profile: Profile, words: ProfileWords): Problems {
  const found: Record<string, string> = {};
  if (!/^\d{1,4}$/.test(profile.experienceYears.trim())) found["experienceYears"] = words.noNumber;
  // Without a currency the server says what is missing.
  const hasCurrency = /^[A-Z]{3}$/.test(profile.currency);
  if (hasCurrency && amountFrom(profile.hourlyRate, profile.currency) === undefined) {
    found["hourlyRate"] = words.noPrice;
  }
  if (!hasCurrency) found["currency"] = words.noPrice;
  return found;
}

/** The server's problems by path, for the fields that the form has. */
export function placed(problems: Problems): Problems {
  const found: Record<string, string> = {};
  for (const [path, message] of Object.entries(problems)) {
    const [field = ""] = path.split(".");
    const key = path === "hourlyRate.currency" ? "currency" : field;
    if (key !== "offers" && key !== "weekly") found[key] ??= message;
  }
  return found;
}

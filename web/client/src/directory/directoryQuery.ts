import type { Category, ExpertOrderField, OrderDirection } from "../api/gql/graphql.ts";
import { parseDay } from "../time/day.ts";
import type { Part } from "../waiting/windows.ts";
import { categoryWords } from "./categoryWords.ts";
import { directoryWords } from "./words.ts";

/** Sort field and direction in the form that the URL uses, such as `rate-asc`. */
export type Order = Exclude<
  `${Lowercase<ExpertOrderField>}-${Lowercase<OrderDirection>}`,
  "soonest-desc"
>;

/** A part of the day in which a session can start, or the hour at which it starts. */
export type TimeOfDay = Part | `${number}:00`;

/** Filters, sort order and page of the directory. */
export interface DirectoryQuery {
  readonly search: string;
  readonly categories: readonly Category[];
  /** Null sorts by the best match or, without a search, by the best rating. */
  readonly order: Order | null;
  readonly minRating: number | null;
  /** Highest hourly rate, in minor units of the currency; null for no limit. */
  readonly maxRate: number | null;
  /** English names of the languages to filter by. */
  readonly languages: readonly string[];
  /** Whether to show only experts who confirm bookings automatically. */
  readonly confirmsAtOnce: boolean;
  /** Day on which a session can start, in the reader's time zone, such as 2026-12-01. */
  readonly day: string | null;
  /** Time of day at which a session can start on `day`; null for any time. */
  readonly time: TimeOfDay | null;
  /** Session length in minutes; null for the length of each expert's first offer. */
  readonly minutes: number | null;
  readonly after: string | null;
  readonly before: string | null;
}

export const PAGE_SIZE = 20;

/** Values of `day`, `time` and `minutes` that filter out no expert. */
export const NO_DAY = { day: null, time: null, minutes: null } as const;

/** Query without filters, with the default order, for the first page. */
export const DEFAULT_QUERY: DirectoryQuery = {
  search: "",
  categories: [],
  order: null,
  minRating: null,
  maxRate: null,
  languages: [],
  confirmsAtOnce: false,
  ...NO_DAY,
  after: null,
  before: null,
};

export const CATEGORIES = Object.keys(categoryWords.en) as Category[];
export const LENGTHS = [15, 30, 45, 60, 90, 120];
export const TIMES: readonly TimeOfDay[] = [
  ...(["morning", "afternoon", "evening"] as const),
  ...Array.from({ length: 24 }, (_, hour) => `${hour}:00` as const),
];
export const ORDERS = Object.keys(directoryWords.en.orders) as Order[];

/** Parse a directory query from URL parameters; invalid values are ignored. */
export function parseQuery(parameters: URLSearchParams): DirectoryQuery {
  const categories = parameters.getAll("category").map((name) => name.toUpperCase());
  const order = parameters.get("order") as Order;
  const day = parseDay(parameters.get("day")) ?? null;
  const time = parameters.get("time") as TimeOfDay;
  const minutes = Number(parameters.get("minutes"));
  return {
    search: parameters.get("search") ?? "",
    categories: CATEGORIES.filter((category) => categories.includes(category)),
    order: ORDERS.includes(order) ? order : null,
    minRating: parseNumber(parameters.get("rating"), 5),
    maxRate: parseNumber(parameters.get("rate"), 2 ** 31 - 1),
    languages: [...new Set(parameters.getAll("language").filter(Boolean))],
    confirmsAtOnce: parameters.get("confirms") === "at-once",
    day,
    time: day && TIMES.includes(time) ? time : null,
    minutes: day && LENGTHS.includes(minutes) ? minutes : null,
    after: parameters.get("after"),
    before: parameters.get("before"),
  };
}

/** Return a query as URL parameters without defaults, so that equal queries have equal URLs. */
export function toSearchParams(query: DirectoryQuery): URLSearchParams {
  const { search, categories, order, minRating, maxRate, languages, confirmsAtOnce } = query;
  const { day, time, minutes, after, before } = query;
  const parameters = new URLSearchParams();
  if (search) parameters.set("search", search);
  for (const category of categories) parameters.append("category", category.toLowerCase());
  if (minRating !== null) parameters.set("rating", String(minRating));
  if (maxRate !== null) parameters.set("rate", String(maxRate));
  for (const language of languages) parameters.append("language", language);
  if (confirmsAtOnce) parameters.set("confirms", "at-once");
  if (day) parameters.set("day", day);
  if (day && time) parameters.set("time", time);
  if (day && minutes) parameters.set("minutes", String(minutes));
  if (order) parameters.set("order", order);
  if (after) parameters.set("after", after);
  else if (before) parameters.set("before", before);
  return parameters;
}

/** Return the URL path of the directory with the given filters, such as `/experts?rating=4`. */
export function directoryPath(query: Partial<DirectoryQuery>): string {
  const parameters = toSearchParams({ ...DEFAULT_QUERY, ...query }).toString();
  return parameters ? `/experts?${parameters}` : "/experts";
}

function parseNumber(text: string | null, max: number): number | null {
  const number = Number(text || NaN);
  return number >= 0 && number <= max && (max === 5 || Number.isInteger(number)) ? number : null;
}

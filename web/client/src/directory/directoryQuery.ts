import type {
  Category,
  ExpertFilter,
  ExpertOrderField,
  ExpertsQueryVariables,
  OrderDirection,
} from "../api/gql/graphql.ts";
import { categoryWords } from "./categoryWords.ts";
import { directoryWords } from "./words.ts";

/** Sort field and direction, as in the address. */
export type Order = Exclude<
  `${Lowercase<ExpertOrderField>}-${Lowercase<OrderDirection>}`,
  "soonest-desc"
>;

/** Filters, sort order and page of the directory. */
export interface DirectoryQuery {
  readonly search: string;
  readonly categories: readonly Category[];
  /** Null for the best match of a search, and without a search for the best rated. */
  readonly order: Order | null;
  readonly minRating: number | null;
  /** Minor units of the currency. */
  readonly maxRate: number | null;
  /** English names. */
  readonly languages: readonly string[];
  /** Whether bookings must be confirmed at once. */
  readonly confirmsAtOnce: boolean;
  readonly after: string | null;
  readonly before: string | null;
}

export const PAGE_SIZE = 20;

/** No filters, default order, first page. */
export const DEFAULT_QUERY: DirectoryQuery = {
  search: "",
  categories: [],
  order: null,
  minRating: null,
  maxRate: null,
  languages: [],
  confirmsAtOnce: false,
  after: null,
  before: null,
};

export const CATEGORIES = Object.keys(categoryWords.en) as Category[];
export const ORDERS = Object.keys(directoryWords.en.orders) as Order[];

/** Parse the parameters of an address; invalid values are ignored. */
export function parseQuery(parameters: URLSearchParams): DirectoryQuery {
  const categories = parameters.getAll("category").map((name) => name.toUpperCase());
  const order = parameters.get("order") as Order;
  return {
    search: parameters.get("search") ?? "",
    categories: CATEGORIES.filter((category) => categories.includes(category)),
    order: ORDERS.includes(order) ? order : null,
    minRating: parseNumber(parameters.get("rating"), 5),
    maxRate: parseNumber(parameters.get("rate"), 2 ** 31 - 1),
    languages: [...new Set(parameters.getAll("language").filter(Boolean))],
    confirmsAtOnce: parameters.get("confirms") === "at-once",
    after: parameters.get("after"),
    before: parameters.get("before"),
  };
}

/** Return the parameters of an address, without defaults; equal queries give equal addresses. */
export function toSearchParams(query: DirectoryQuery): URLSearchParams {
  const { search, categories, order, minRating, maxRate, languages, confirmsAtOnce } = query;
  const { after, before } = query;
  const parameters = new URLSearchParams();
  if (search) parameters.set("search", search);
  for (const category of categories) parameters.append("category", category.toLowerCase());
  if (minRating !== null) parameters.set("rating", String(minRating));
  if (maxRate !== null) parameters.set("rate", String(maxRate));
  for (const language of languages) parameters.append("language", language);
  if (confirmsAtOnce) parameters.set("confirms", "at-once");
  if (order) parameters.set("order", order);
  if (after) parameters.set("after", after);
  else if (before) parameters.set("before", before);
  return parameters;
}

/** Return the path of the directory with these filters. */
export function directoryPath(query: Partial<DirectoryQuery>): string {
  const parameters = toSearchParams({ ...DEFAULT_QUERY, ...query }).toString();
  return parameters ? `/experts?${parameters}` : "/experts";
}

/** Return the filter of the API. */
export function toFilter(query: Omit<DirectoryQuery, "order" | "after" | "before">): ExpertFilter {
  const { search, categories, minRating, maxRate, languages, confirmsAtOnce } = query;
  return {
    search: search || null,
    categories: categories.length ? [...categories] : null,
    minRating,
    maxHourlyRate: maxRate,
    languages: languages.length ? [...languages] : null,
    confirmsAutomatically: confirmsAtOnce || null,
  };
}

/** Return the variables of the GraphQL query. */
export function toVariables(query: DirectoryQuery): ExpertsQueryVariables {
  const { order, after, before } = query;
  const [field, direction] = (order ?? "").toUpperCase().split("-") as [
    ExpertOrderField,
    OrderDirection,
  ];
  const isBackwards = !after && Boolean(before);
  return {
    filter: toFilter(query),
    // A category's count is that of its experts, whichever categories are chosen.
    counted: toFilter({ ...query, categories: [] }),
    orderBy: order && { field, direction },
    first: isBackwards ? null : PAGE_SIZE,
    after: after || null,
    last: isBackwards ? PAGE_SIZE : null,
    before: isBackwards ? before : null,
  };
}

function parseNumber(text: string | null, max: number): number | null {
  const number = Number(text || NaN);
  return number >= 0 && number <= max && (max === 5 || Number.isInteger(number)) ? number : null;
}

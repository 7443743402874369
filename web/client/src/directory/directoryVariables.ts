import type {
  AvailableInput,
  ExpertFilter,
  ExpertOrderField,
  ExpertsQueryVariables,
  OrderDirection,
} from "../api/gql/graphql.ts";
import { ALL_PARTS, type Part, windowAt, windowsOf } from "../waiting/windows.ts";
import { type DirectoryQuery, PAGE_SIZE } from "./directoryQuery.ts";

/** Convert a query to a filter of the API; the query's day is in the given time zone. */
export function toFilter(
  query: Omit<DirectoryQuery, "order" | "after" | "before">,
  zone: string,
): ExpertFilter {
  const { search, categories, minRating, maxRate, languages, confirmsAtOnce } = query;
  return {
    search: search || null,
    categories: categories.length ? [...categories] : null,
    minRating,
    maxHourlyRate: maxRate,
    languages: languages.length ? [...languages] : null,
    confirmsAutomatically: confirmsAtOnce || null,
    available: availableOf(query, zone),
  };
}

/** Convert a query to GraphQL variables; the query's day is in the given time zone. */
export function toVariables(query: DirectoryQuery, zone: string): ExpertsQueryVariables {
  const { order, after, before } = query;
  const [field, direction] = (order ?? "").toUpperCase().split("-") as [
    ExpertOrderField,
    OrderDirection,
  ];
  const isBackwards = !after && Boolean(before);
  const filter = toFilter(query, zone);
  return {
    filter,
    // Use undefined instead of null, because the cache uses different keys for the two.
    available: filter.available ?? undefined,
    // The experts in each category are counted as if no categories were chosen.
    counted: toFilter({ ...query, categories: [] }, zone),
    orderBy: order && { field, direction },
    first: isBackwards ? null : PAGE_SIZE,
    after: after || null,
    last: isBackwards ? PAGE_SIZE : null,
    before: isBackwards ? before : null,
  };
}

function availableOf(
  { day, time, minutes }: Pick<DirectoryQuery, "day" | "time" | "minutes">,
  zone: string,
): AvailableInput | null {
  if (!day) return null;
  const hour = time?.endsWith(":00") ? Number.parseInt(time) : null;
  if (hour !== null) return { ...windowAt(day, zone, hour), minutes };
  const [window] = windowsOf(day, zone, new Set(time ? [time as Part] : ALL_PARTS));
  return window ? { ...window, minutes } : null;
}

import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { useWords } from "../text/text.tsx";
import { type Money, useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { categoryWords } from "./categoryWords.ts";
import { directoryPath, type DirectoryQuery, NO_DAY } from "./directoryQuery.ts";
import { toFilter } from "./directoryVariables.ts";
import { useFilterNames } from "./useFilterNames.ts";
import { useLanguageName } from "./languages.ts";
import { pillClass } from "./Pill.tsx";
import { directoryWords } from "./words.ts";

const COUNT = graphql(`
  query CountExperts($filter: ExpertFilter!) {
    experts(filter: $filter, first: 1) {
      totalCount
    }
  }
`);

/** Maximum number of suggestions, each of which needs a request to count its experts. */
const MAX_SUGGESTIONS = 6;

interface SuggestionsProps {
  /** The directory query that has found no experts. */
  query: DirectoryQuery;
  highest: Money | undefined;
}

/** For each word or filter, a link to the query without it and the number of experts found. */
export function Suggestions({ query, highest }: SuggestionsProps) {
  const text = useWords(directoryWords);
  const names = useFilterNames(highest);
  const formats = useFormats();
  const languageName = useLanguageName();
  const categories = useWords(categoryWords);
  const relaxed = relaxations(query).slice(0, MAX_SUGGESTIONS);
  function nameOf({ without }: Relaxation): string {
    switch (without.kind) {
      case "word":
        return text.word(without.word);
      case "categories":
        return query.categories.map((each) => categories[each]).join(", ");
      case "maxRate":
        return names.rate(query.maxRate ?? 0);
      case "minRating":
        return names.rating(query.minRating ?? 0);
      case "languages":
        return query.languages.map(languageName).join(", ");
      case "confirmsAtOnce":
        return text.confirms;
      case "day":
        return names.day(query.day ?? "");
      case "time":
        return names.time(query.time ?? "morning");
      case "minutes":
        return formats.minutes(query.minutes ?? 0);
    }
  }
  return (
    <ul className="flex flex-wrap justify-center gap-2 empty:hidden">
      {relaxed.map((each) => (
        <Suggestion key={nameOf(each)} name={text.without(nameOf(each))} query={each.query} />
      ))}
    </ul>
  );
}

function Suggestion({ name, query }: { name: string; query: DirectoryQuery }) {
  const text = useWords(directoryWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const { data } = useQuery(COUNT, { variables: { filter: toFilter(query, zone) } });
  const count = data?.experts.totalCount ?? 0;
  if (count === 0) return null;
  return (
    <li>
      <Link to={directoryPath(query)} className={pillClass}>
        {name}
        <span className="text-muted">{text.count(formats.number(count), count === 1)}</span>
      </Link>
    </li>
  );
}

type Restriction =
  | { readonly kind: "word"; readonly word: string }
  | {
      readonly kind:
        | "categories"
        | "maxRate"
        | "minRating"
        | "languages"
        | "confirmsAtOnce"
        | "day"
        | "time"
        | "minutes";
    };

/** A directory query that has one word or filter less than the original query. */
export interface Relaxation {
  readonly without: Restriction;
  readonly query: DirectoryQuery;
}

/** Return the queries that leave out one filter, and after them those that leave out one word. */
export function relaxations(query: DirectoryQuery): Relaxation[] {
  const first = { ...query, after: null, before: null };
  const found: Relaxation[] = [];
  const add = (without: Restriction, changed: Partial<DirectoryQuery>) =>
    found.push({ without, query: { ...first, ...changed } });
  if (query.time) add({ kind: "time" }, { time: null });
  if (query.minutes) add({ kind: "minutes" }, { minutes: null });
  if (query.day) add({ kind: "day" }, NO_DAY);
  if (query.categories.length) add({ kind: "categories" }, { categories: [] });
  if (query.maxRate !== null) add({ kind: "maxRate" }, { maxRate: null });
  if (query.minRating !== null) add({ kind: "minRating" }, { minRating: null });
  if (query.languages.length) add({ kind: "languages" }, { languages: [] });
  if (query.confirmsAtOnce) add({ kind: "confirmsAtOnce" }, { confirmsAtOnce: false });
  const words = query.search.split(/\s+/).filter(Boolean);
  if (words.length > 1) {
    for (const [index, word] of words.entries())
      add({ kind: "word", word }, { search: words.filter((_, each) => each !== index).join(" ") });
  }
  return found;
}

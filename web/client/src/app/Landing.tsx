import { useQuery } from "@apollo/client/react";
import { type SubmitEvent, useId } from "react";
import { Link, useNavigate } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { useRetryOnline } from "../api/online.ts";
import { ExpertCardsSkeleton } from "../directory/ExpertCardsSkeleton.tsx";
import { Count, type Counts, pillClass } from "../directory/Categories.tsx";
import { ExpertCards } from "../directory/ExpertCard.tsx";
import { SearchField } from "../directory/SearchField.tsx";
import { CATEGORIES, directoryPath } from "../directory/directoryQuery.ts";
import { directoryWords } from "../directory/words.ts";
import { useWords } from "../text/text.tsx";
import { useTimePreferences } from "../time/preferences.ts";
import { Button } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { landingWords } from "./landingWords.ts";

const LANDING = graphql(`
  query Landing {
    categories {
      category
      count
    }
    experts(first: 4, orderBy: { field: RATING }) {
      nodes {
        id
        ...ExpertCard
      }
    }
  }
`);

const SHOWN = 4;

/** Landing page: introduction, search, and top-rated experts. */
export default function Landing() {
  const text = useWords(landingWords);
  const directory = useWords(directoryWords);
  const { data, error, refetch } = useQuery(LANDING, { fetchPolicy: "cache-and-network" });
  useRetryOnline(error, refetch);
  useTitle(undefined);
  const counts = data && new Map(data.categories.map(({ category, count }) => [category, count]));
  return (
    <div className="grid gap-16 py-8 md:py-16">
      <section className="grid max-w-[44rem] gap-6">
        <h1 className="hero text-3xl">{text.headline}</h1>
        <p className="max-w-[36rem] text-base text-muted">{text.sentence}</p>
        <Search />
        <CategoryLinks label={text.categories} names={directory.categories} counts={counts} />
      </section>
      {!(error && !data) && (
        <section aria-labelledby="best" className="grid gap-4">
          <div className="flex items-baseline justify-between gap-4">
            <h2 id="best" className="text-lg">
              {text.best}
            </h2>
            <Link to="/experts" className="font-medium no-underline hover:underline">
              {text.allExperts} <span aria-hidden>→</span>
            </Link>
          </div>
          {data ? (
            <ExpertCards experts={data.experts.nodes} heading="h3" />
          ) : (
            <ExpertCardsSkeleton count={SHOWN} />
          )}
        </section>
      )}
      <Facts />
    </div>
  );
}

function Search() {
  const text = useWords(directoryWords);
  const navigate = useNavigate();
  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const search = new FormData(event.currentTarget).get("search");
    void navigate(directoryPath({ search: typeof search === "string" ? search : "" }));
  }
  return (
    <form role="search" action="/experts" onSubmit={submit} className="flex max-w-[36rem] gap-2">
      <SearchField name="search" />
      <Button type="submit" kind="primary">
        {text.search}
      </Button>
    </form>
  );
}

interface CategoryLinksProps {
  label: string;
  names: (typeof directoryWords)["en"]["categories"];
  counts: Counts | undefined;
}

function CategoryLinks({ label, names, counts }: CategoryLinksProps) {
  return (
    <nav aria-label={label}>
      <ul className="flex flex-wrap gap-2">
        {CATEGORIES.map((category) => (
          <li key={category}>
            <Link to={directoryPath({ categories: [category] })} className={pillClass}>
              {names[category]} <Count count={counts?.get(category)} />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Facts() {
  const text = useWords(landingWords);
  const { zone } = useTimePreferences();
  const heading = useId();
  const facts = [
    [text.live, text.liveBody],
    [text.once, text.onceBody],
    [text.zone, text.zoneBody(zone.replaceAll("_", " "))],
  ] as const;
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading} className="sr-only">
        {text.facts}
      </h2>
      <ul className="grid divide-y divide-line card md:grid-cols-3 md:divide-x md:divide-y-0">
        {facts.map(([name, body]) => (
          <li key={name} className="grid content-start gap-2 p-6">
            <h3 className="text-base">{name}</h3>
            <p className="text-muted">{body}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

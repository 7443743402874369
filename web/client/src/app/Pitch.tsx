import { type SubmitEvent } from "react";
import { Link, useNavigate } from "react-router";

import { directoryPath } from "../directory/directoryQuery.ts";
import { SearchBox } from "../directory/SearchBox.tsx";
import { useWords } from "../text/text.tsx";
import { landingWords } from "./landingWords.ts";

/** Headline of the landing page, with a search box and example searches. */
export function Pitch({ examples }: { examples: readonly string[] }) {
  const text = useWords(landingWords);
  const navigate = useNavigate();
  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const search = new FormData(event.currentTarget).get("search");
    void navigate(directoryPath({ search: typeof search === "string" ? search : "" }));
  }
  return (
    <div className="grid content-center gap-6">
      <h1 className="hero text-3xl">
        {text.headline}{" "}
        <span className="inline-block rounded-md border-2 border-free-line bg-free-bg px-2 pb-1 text-accent">
          {text.free}
        </span>
      </h1>
      <p className="max-w-[36rem] text-lg/7 text-muted max-sm:text-base">{text.sentence}</p>
      <form role="search" action="/experts" onSubmit={submit} className="max-w-[36rem]">
        <SearchBox name="search" />
      </form>
      <p className="flex min-h-6 flex-wrap items-baseline gap-x-4 gap-y-1 text-sm">
        {examples.length > 0 && <span className="text-muted">{text.examples}</span>}
        {examples.map((example) => (
          <Link
            key={example}
            to={directoryPath({ search: example })}
            className="inline-flex min-h-6 items-center text-text no-underline hover:underline pointer-coarse:min-h-11"
          >
            {example}
          </Link>
        ))}
      </p>
    </div>
  );
}

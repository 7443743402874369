import { useQuery } from "@apollo/client/react";
import { Link, useSearchParams } from "react-router";

import { Failure } from "../../app/Failure.tsx";
import { Message } from "../../app/Message.tsx";
import { categoryWords } from "../../directory/categoryWords.ts";
import { useWords } from "../../text/text.tsx";
import { useFormats } from "../../time/formats.ts";
import { buttonClass } from "../../ui/Button.tsx";
import { SearchBox } from "../SearchBox.tsx";
import { Table, TableSkeleton } from "../Table.tsx";
import { administrationWords } from "../words.ts";
import { ADMINISTERED_EXPERTS } from "./documents.ts";

const PAGE = 20;

/** Searchable list of the directory's experts. */
export function ExpertsList() {
  const text = useWords(administrationWords);
  const categories = useWords(categoryWords);
  const formats = useFormats();
  const [parameters] = useSearchParams();
  const search = parameters.get("search");
  const after = parameters.get("after");
  const before = parameters.get("before");
  const query = useQuery(ADMINISTERED_EXPERTS, {
    variables: {
      filter: { search },
      orderBy: { field: "NAME", direction: "ASC" },
      ...(before ? { last: PAGE, before } : { first: PAGE, after }),
    },
    fetchPolicy: "cache-and-network",
  });
  const experts = (query.data ?? query.previousData)?.experts;

  function pageAt(cursor: "after" | "before", value: string | null): string {
    const target = new URLSearchParams(search ? { search } : {});
    if (value) target.set(cursor, value);
    return `/administration/experts?${target}`;
  }

  return (
    <div className="grid gap-4">
      <h1 className="sr-only">{text.tabs.experts}</h1>
      <p className="text-muted">{text.expertsLead}</p>
      <div className="flex flex-wrap items-end gap-3">
        <SearchBox label={text.search} hint={text.searchExperts} />
        <Link to="/administration/users?role=CLIENT&choose=expert" className={buttonClass()}>
          {text.newExpert}
        </Link>
      </div>
      {query.error && !experts ? (
        <Failure retry={() => void query.refetch()} isOffline />
      ) : !experts ? (
        <TableSkeleton />
      ) : experts.nodes.length === 0 ? (
        <Message heading="h2" title={text.noExperts} body={text.tryOther} />
      ) : (
        <Table
          label={text.tabs.experts}
          rows={experts.nodes}
          columns={[
            {
              name: text.name,
              cell: (expert) => (
                <div className="flex items-center gap-3">
                  <img
                    src={expert.photoUrl}
                    alt=""
                    width={40}
                    height={40}
                    loading="lazy"
                    className="size-10 shrink-0 rounded-portrait"
                  />
                  <div className="min-w-0">
                    <p className="font-medium">{expert.name}</p>
                    <p className="text-muted">{expert.title}</p>
                  </div>
                </div>
              ),
            },
            { name: text.category, cell: ({ category }) => categories[category] },
            {
              name: text.rate,
              cell: ({ hourlyRate }) => (
                <span className="tabular-nums">{formats.price(hourlyRate)}</span>
              ),
            },
            {
              name: text.actions,
              cell: ({ id, name }) => (
                <div className="flex flex-wrap gap-2">
                  <Link
                    to={`/administration/experts/${id}`}
                    aria-label={text.editOf(name)}
                    className={buttonClass()}
                  >
                    {text.edit}
                  </Link>
                  <Link
                    to={`/administration/experts/${id}/hours`}
                    aria-label={text.hoursOf(name)}
                    className={buttonClass()}
                  >
                    {text.hours}
                  </Link>
                </div>
              ),
            },
          ]}
        />
      )}
      {experts && (experts.pageInfo.hasPreviousPage || experts.pageInfo.hasNextPage) && (
        <nav aria-label={text.pages} className="flex justify-between gap-4">
          {experts.pageInfo.hasPreviousPage ? (
            <Link
              rel="prev"
              to={pageAt("before", experts.pageInfo.startCursor)}
              className={buttonClass()}
            >
              <span aria-hidden>←</span> {text.previous}
            </Link>
          ) : (
            <span />
          )}
          {experts.pageInfo.hasNextPage && (
            <Link
              rel="next"
              to={pageAt("after", experts.pageInfo.endCursor)}
              className={buttonClass()}
            >
              {text.following} <span aria-hidden>→</span>
            </Link>
          )}
        </nav>
      )}
    </div>
  );
}

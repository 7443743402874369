import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useSearchParams } from "react-router";

import type { Role } from "../../api/gql/graphql.ts";
import { Failure } from "../../app/Failure.tsx";
import { Message } from "../../app/Message.tsx";
import { useWords } from "../../text/text.tsx";
import { ShowMore } from "../../ui/ShowMore.tsx";
import { Select } from "../../ui/Select.tsx";
import { SearchBox } from "../SearchBox.tsx";
import { TableSkeleton } from "../Table.tsx";
import { administrationWords } from "../words.ts";
import { USERS } from "./documents.ts";
import { UsersTable } from "./UsersTable.tsx";

const PAGE = 20;
const ROLES: readonly Role[] = ["CLIENT", "EXPERT", "ADMIN"];

/** List of accounts, with a search and a filter by role. */
export function UsersList() {
  const text = useWords(administrationWords);
  const [parameters, setParameters] = useSearchParams();
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const role = ROLES.find((each) => each === parameters.get("role")) ?? null;
  const query = useQuery(USERS, {
    variables: { search: parameters.get("search"), role, first: PAGE },
    fetchPolicy: "cache-and-network",
  });
  const users = (query.data ?? query.previousData)?.users;

  function loadMore(): Promise<unknown> {
    setIsLoadingMore(true);
    return query
      .fetchMore({ variables: { after: users?.pageInfo.endCursor ?? null } })
      .finally(() => setIsLoadingMore(false));
  }

  return (
    <div className="grid gap-4">
      <h1 className="sr-only">{text.tabs.users}</h1>
      {parameters.has("choose") && (
        <p className="rounded-md border border-line bg-soft px-4 py-3 font-medium">
          {text.chooseAccount}
        </p>
      )}
      <div className="flex flex-wrap items-end gap-3">
        <SearchBox label={text.search} hint={text.searchUsers} />
        <div className="w-full sm:w-48">
          <Select
            label={text.role}
            value={role ?? ""}
            onChange={({ target }) => {
              const changed = new URLSearchParams(parameters);
              if (target.value) changed.set("role", target.value);
              else changed.delete("role");
              setParameters(changed, { replace: true });
            }}
          >
            <option value="">{text.anyRole}</option>
            {ROLES.map((each) => (
              <option key={each} value={each}>
                {text.roles[each]}
              </option>
            ))}
          </Select>
        </div>
      </div>
      {query.error && !users ? (
        <Failure retry={() => void query.refetch()} isOffline />
      ) : !users ? (
        <TableSkeleton />
      ) : users.edges.length === 0 ? (
        <Message heading="h2" title={text.noUsers} body={text.tryOther} />
      ) : (
        <UsersTable users={users.edges.map(({ node }) => node)} />
      )}
      <ShowMore of={{ hasMore: users?.pageInfo.hasNextPage ?? false, isLoadingMore, loadMore }} />
    </div>
  );
}

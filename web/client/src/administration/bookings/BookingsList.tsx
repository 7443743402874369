import { useQuery } from "@apollo/client/react";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";

import type { AdministeredBookingFragment } from "../../api/gql/graphql.ts";
import { Failure } from "../../app/Failure.tsx";
import { Message } from "../../app/Message.tsx";
import { StatusBadge } from "../../bookings/StatusBadge.tsx";
import { bookingsWords } from "../../bookings/words.ts";
import { useWords } from "../../text/text.tsx";
import { useFormats } from "../../time/formats.ts";
import { useTimePreferences } from "../../time/preferences.ts";
import { Field } from "../../ui/Field.tsx";
import { Select } from "../../ui/Select.tsx";
import { ShowMore } from "../../ui/ShowMore.tsx";
import { SearchBox } from "../SearchBox.tsx";
import { Table, TableSkeleton } from "../Table.tsx";
import { administrationWords } from "../words.ts";
import { bookingFilter, parseBookingSearch, STATUSES } from "./bookingQuery.ts";
import { ADMINISTERED_BOOKINGS } from "./documents.ts";

const PAGE = 20;

/** All bookings, latest first, with a search by reference, person, time and booking status. */
export function BookingsList() {
  const text = useWords(administrationWords);
  const { status: statuses } = useWords(bookingsWords);
  const { zone } = useTimePreferences();
  const [parameters, setParameters] = useSearchParams();
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const wanted = parseBookingSearch(parameters);
  const filter = useMemo(
    () => bookingFilter(parseBookingSearch(parameters), zone),
    [parameters, zone],
  );
  const query = useQuery(ADMINISTERED_BOOKINGS, {
    variables: { filter, first: PAGE },
    fetchPolicy: "cache-and-network",
  });
  const bookings = (query.data ?? query.previousData)?.bookings;
  const pageInfo = query.data?.bookings.pageInfo;

  function set(name: string, value: string): void {
    const changed = new URLSearchParams(parameters);
    if (value) changed.set(name, value);
    else changed.delete(name);
    setParameters(changed, { replace: true });
  }

  function loadMore(): Promise<unknown> {
    setIsLoadingMore(true);
    return query
      .fetchMore({ variables: { after: pageInfo?.endCursor ?? null } })
      .finally(() => setIsLoadingMore(false));
  }

  return (
    <div className="grid gap-4">
      <h1 className="sr-only">{text.tabs.bookings}</h1>
      <div className="flex flex-wrap items-end gap-3">
        <SearchBox label={text.search} hint={text.searchBookings} />
        <div className="grid w-full gap-3 min-[24rem]:grid-cols-2 sm:w-auto">
          <Field
            label={text.fromDay}
            type="date"
            value={wanted.from}
            max={wanted.to || undefined}
            onChange={({ target }) => set("from", target.value)}
          />
          <Field
            label={text.toDay}
            type="date"
            value={wanted.to}
            min={wanted.from || undefined}
            onChange={({ target }) => set("to", target.value)}
          />
        </div>
        <div className="w-full sm:w-48">
          <Select
            label={text.status}
            value={wanted.status ?? ""}
            onChange={({ target }) => set("status", target.value)}
          >
            <option value="">{text.anyStatus}</option>
            {STATUSES.map((each) => (
              <option key={each} value={each}>
                {statuses[each]}
              </option>
            ))}
          </Select>
        </div>
      </div>
      {query.error && !bookings ? (
        <Failure retry={() => void query.refetch()} isOffline />
      ) : !bookings ? (
        <TableSkeleton />
      ) : bookings.edges.length === 0 ? (
        <Message heading="h2" title={text.noBookings} body={text.tryOther} />
      ) : (
        <BookingsTable bookings={bookings.edges.map(({ node }) => node)} />
      )}
      <ShowMore of={{ hasMore: pageInfo?.hasNextPage ?? false, isLoadingMore, loadMore }} />
    </div>
  );
}

function BookingsTable({ bookings }: { bookings: readonly AdministeredBookingFragment[] }) {
  const text = useWords(administrationWords);
  const formats = useFormats();
  return (
    <Table
      label={text.tabs.bookings}
      rows={bookings}
      columns={[
        {
          name: text.reference,
          width: "w-[14%]",
          cell: ({ id, reference }) => (
            <Link to={`/bookings/${id}`} className="font-semibold whitespace-nowrap tabular-nums">
              {reference}
            </Link>
          ),
        },
        {
          name: text.expert,
          width: "w-[22%]",
          cell: ({ expert }) => (
            <span className="flex items-center gap-3">
              <img
                src={expert.photoUrl}
                alt=""
                width={32}
                height={32}
                loading="lazy"
                className="size-8 shrink-0 rounded-portrait max-sm:hidden"
              />
              <span className="min-w-0 font-medium wrap-anywhere">{expert.name}</span>
            </span>
          ),
        },
        {
          name: text.client,
          width: "w-[22%]",
          cell: ({ contact, client }) => (
            <span className="block min-w-0 wrap-anywhere">
              {contact?.name ?? client.name}
              {contact && <span className="block text-sm text-muted">{contact.email}</span>}
            </span>
          ),
        },
        {
          name: text.when,
          width: "w-[20%]",
          cell: ({ startsAt, minutes }) => (
            <span className="tabular-nums">
              {formats.moment(startsAt)}
              <span className="block text-sm text-muted">{formats.minutes(minutes)}</span>
            </span>
          ),
        },
        {
          name: text.price,
          width: "w-[9%]",
          cell: ({ price }) => <span className="tabular-nums">{formats.price(price)}</span>,
        },
        { name: text.status, cell: ({ status }) => <StatusBadge status={status} /> },
      ]}
    />
  );
}

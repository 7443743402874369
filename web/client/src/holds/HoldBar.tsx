import {
  skipToken,
  useApolloClient,
  useMutation,
  useQuery,
  useSubscription,
} from "@apollo/client/react";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link, useMatch, useSearchParams } from "react-router";

import { useConnection } from "../api/connection.ts";
import { graphql } from "../api/gql/gql.ts";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { CountdownRing } from "../ui/CountdownRing.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { holdPath } from "./holdPath.ts";
import { type Hold, RELEASE_HOLD, removeHold } from "./holds.ts";
import { holdWords } from "./words.ts";

// Every page sends this request, so it loads the fields of both `useHolds` and `useWaits`.
const HOLDS_AND_WAITS = graphql(`
  query HoldsAndWaits {
    bookings(filter: { mine: true, statuses: [HELD] }, first: 100) {
      nodes {
        ...Held @unmask
      }
    }
    viewer {
      id
      waits {
        ...WaitEntry @unmask
      }
    }
  }
`);

const HOLD_CHANGED = graphql(`
  subscription HoldChanged {
    bookingChanged {
      id
      status
      heldUntil
      sequence
    }
  }
`);

/**
 * Bar with the hold that ends first, apart from a hold that is being booked on the current page.
 */
export default function HoldBar() {
  const text = useWords(holdWords);
  const { standing, ended, dismiss } = useStandingHolds();
  const shownHere = useHoldOfPage();
  const [first, ...others] = standing.filter((hold) => !shownHere(hold));
  if (first) return <Standing hold={first} others={others.length} />;
  if (!ended || shownHere(ended)) return null;
  return (
    <Docked label={text.bar}>
      <div role="status" className="min-w-0 flex-1">
        <p className="font-semibold">{text.ended}</p>
        <When hold={ended} />
      </div>
      <Link to={`/experts/${ended.expert.slug}`} className={buttonClass("primary")}>
        {text.chooseAgain}
      </Link>
      <Button kind="plain" className="px-2!" onClick={dismiss}>
        {text.close}
      </Button>
    </Docked>
  );
}

/** Return the active holds, sorted by expiry, and a hold that has just ended. */
function useStandingHolds() {
  const { data, refetch } = useQuery(HOLDS_AND_WAITS, { fetchPolicy: "cache-and-network" });
  const holds = data?.bookings.nodes ?? [];
  const isWaiting = Boolean(data?.viewer?.waits.length);
  const { reconnects } = useConnection();
  const now = useNow(1_000);
  const standing = holds
    .filter(({ status, heldUntil }) => status === "HELD" && endOf(heldUntil) > now)
    .sort((one, other) => endOf(one.heldUntil) - endOf(other.heldUntil));

  const [shown, setShown] = useState<Hold>();
  const [first] = standing;
  // If a hold disappears before it expires, it has been booked or released.
  const isSettled = !first && shown && endOf(shown.heldUntil) > now;
  if (first ? first !== shown : isSettled) setShown(first);

  useSubscription(
    HOLD_CHANGED,
    first || isWaiting
      ? {
          ignoreResults: true,
          onData({ data: { data } }) {
            const changed = data?.bookingChanged;
            // An offer from the waiting list is a hold that this page did not request.
            const isKnown = holds.some(({ id }) => id === changed?.id);
            if (isKnown || isWaiting || changed?.status === "HELD") {
              refetch().catch(() => undefined);
            }
          },
        }
      : skipToken,
  );
  // Refetch on focus: without holds and places on waiting lists, there is no subscription, but the
  // user may have created some in another tab.
  useEffect(() => {
    const refresh = () => void refetch().catch(() => undefined);
    window.addEventListener("focus", refresh);
    return () => window.removeEventListener("focus", refresh);
  }, [refetch]);
  const handledReconnects = useRef(reconnects);
  useEffect(() => {
    if (handledReconnects.current === reconnects) return;
    handledReconnects.current = reconnects;
    refetch().catch(() => undefined);
  }, [reconnects, refetch]);

  return {
    standing,
    ended: first ? undefined : shown,
    dismiss: () => setShown(undefined),
  };
}

/** Return a function that tells whether this page shows the booking steps of a hold. */
function useHoldOfPage(): (hold: Hold) => boolean {
  const slug = useMatch("/experts/:slug")?.params.slug;
  const isBooking = useSearchParams()[0].has("step");
  return ({ expert }) => isBooking && expert.slug === slug;
}

function Standing({ hold, others }: { hold: Hold; others: number }) {
  const text = useWords(holdWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const { cache } = useApolloClient();
  const [release, { loading }] = useMutation(RELEASE_HOLD);
  const { heldUntil } = hold;

  async function letGo(): Promise<void> {
    try {
      await release({ variables: { id: hold.id } });
      removeHold(cache, hold.id);
      void toast(text.released);
    } catch {
      void toastError(errors.unexpected);
    }
  }

  return (
    <Docked label={text.bar}>
      {heldUntil && (
        <CountdownRing
          from={hold.createdAt}
          until={heldUntil}
          label={text.keptFor}
          className="size-12"
        />
      )}
      <div className="min-w-0 flex-1 basis-40">
        <p className="font-semibold wrap-anywhere">
          <span className="sr-only">{text.kept}: </span>
          {hold.expert.name}
        </p>
        <When hold={hold} />
        {others > 0 && (
          <Link to="/bookings" className="text-sm">
            {text.more(others)}
          </Link>
        )}
      </div>
      <div className="flex gap-2 max-sm:w-full">
        <Link to={holdPath(hold, formats)} className={`${buttonClass("primary")} max-sm:flex-1`}>
          {text.goOn}
        </Link>
        <Button isBusy={loading} onClick={() => void letGo()}>
          {text.release}
        </Button>
      </div>
    </Docked>
  );
}

function When({ hold: { startsAt } }: { hold: Hold }) {
  const formats = useFormats();
  return (
    <p className="text-sm text-muted first-letter:uppercase">
      <time dateTime={startsAt}>
        {formats.day(formats.dateOf(startsAt))}, {formats.time(startsAt)}
      </time>
    </p>
  );
}

/**
 * Region at the bottom of the window. The CSS variable `--docked` is its height, for elements that
 * must stay above it.
 */
function Docked({ label, children }: { label: string; children: ReactNode }) {
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const root = document.documentElement;
    const observer = new ResizeObserver(() => {
      root.style.setProperty("--docked", `${bar.current?.offsetHeight ?? 0}px`);
    });
    if (bar.current) observer.observe(bar.current);
    return () => {
      observer.disconnect();
      root.style.removeProperty("--docked");
    };
  }, []);
  return (
    <aside
      ref={bar}
      aria-label={label}
      className="glass sticky bottom-0 z-10 border-t border-free-line transition-[opacity,translate] duration-200 starting:translate-y-2 starting:opacity-0 print:hidden"
    >
      <div className="page flex flex-wrap items-center gap-x-4 gap-y-3 py-3">{children}</div>
    </aside>
  );
}

function endOf(heldUntil: string | null): number {
  return heldUntil ? Date.parse(heldUntil) : 0;
}

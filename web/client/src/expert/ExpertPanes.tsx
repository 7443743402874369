import { useFragment } from "@apollo/client/react";
import { lazy, Suspense, useRef, useState } from "react";
import { Link, useLocation, useSearchParams } from "react-router";

import type { ExpertQuery } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { placeWords } from "../place/words.ts";
import { interruptedHold } from "../session/drafts.ts";
import { signInPath, useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Loading } from "../ui/Loading.tsx";
import { toastError } from "../ui/toast.tsx";
import { Alternatives } from "./Alternatives.tsx";
import { Profile } from "./Profile.tsx";
import { nearestOpen, SLOT_TIME, type SlotTime } from "./slots.ts";
import { TimePanes } from "./TimePanes.tsx";
import { useMonth } from "./useMonth.ts";
import { type Hold, type Unavailable, type Reserved, useReservation } from "./useReservation.ts";
import { expertWords } from "./words.ts";

// Loaded once a time is chosen, while it is being kept.
const loadSteps = () => import("./BookingSteps.tsx");
const BookingSteps = lazy(loadSteps);
const BookingConfirmation = lazy(() => import("./BookingConfirmation.tsx"));

type Expert = NonNullable<ExpertQuery["expertBySlug"]>;

/** Profile, calendar and slot panes, with the steps from a slot to a booking. */
export function ExpertPanes({ expert }: { expert: Expert }) {
  const text = useWords(expertWords);
  const places = useWords(placeWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const { viewer, personId, startGuest } = useViewer();
  const [parameters, setParameters] = useSearchParams();

  const minutes = parseLength(parameters.get("minutes"), expert);
  const offer = expert.offers.find((each) => each.minutes === minutes);
  const month = useMonth({
    expertId: expert.id,
    minutes,
    horizonDays: expert.availability.horizonDays,
    requestedDay: parameters.get("day"),
    initialInstant: expert.nextSlot?.startsAt,
  });

  const reservation = useReservation(expert.id, Boolean(personId));
  const { hold, isLost } = useLiveHold(reservation.hold, reservation.isBusy);
  const [selectedId, setSelectedId] = useState(parameters.get("slot") ?? undefined);
  const [isStarting, setIsStarting] = useState(false);
  const [unavailable, setUnavailable] = useState<Unavailable | null>(null);
  const [reserved, setReserved] = useState<Reserved>();
  const panes = useRef<HTMLElement>(null);
  const isBusy = isStarting || reservation.isBusy || viewer === undefined;

  function show(changed: Record<string, string>): void {
    const { slot: _, ...kept } = Object.fromEntries(parameters);
    setParameters({ ...kept, ...changed }, { replace: true, preventScrollReset: true });
  }

  async function placeHold(slot: SlotTime): Promise<void> {
    const offer = expert.offers.find((each) => each.minutes === slot.minutes);
    if (!offer || isBusy) return;
    setIsStarting(true);
    try {
      if (!personId) await startGuest();
      const outcome = await reservation.placeHold(slot, {
        price: offer.price,
        placeKind: offer.place.kind,
        cancellationNoticeMinutes: expert.availability.cancellationNoticeMinutes,
      });
      if (outcome.kind === "tooMany") return void toastError(text.tooManyHolds(outcome.limit));
      setUnavailable(outcome.kind === "unavailable" ? outcome.unavailable : null);
      setSelectedId(undefined);
      if (outcome.kind === "unavailable" && !hold) {
        const { slot, alternatives } = outcome.unavailable;
        const [other] = alternatives;
        void toastError(slot?.status === "OPEN" ? text.notOffered : text.taken, {
          ...(other && {
            action: { label: formats.time(other.startsAt), onClick: () => void placeHold(other) },
            // Long enough to read the message and reach its button.
            duration: 20_000,
          }),
        });
      }
    } catch {
      void toastError(errors.unexpected);
    } finally {
      setIsStarting(false);
    }
  }

  function leave(): void {
    setUnavailable(null);
    reservation.release().catch(() => toastError(errors.unexpected));
  }

  if (hold && !reserved) {
    const others = unavailable?.alternatives.length
      ? unavailable.alternatives
      : nearestOpen(month.calendar.days, hold, month.now);
    return (
      <Suspense fallback={<Loading />}>
        <BookingSteps
          expert={expert}
          hold={hold}
          reservation={reservation}
          isLost={isLost}
          notice={
            (unavailable ?? isLost) && (
              <Alternatives
                title={unavailable ? text.taken : text.holdEnded}
                body={others.length ? text.takenBody : text.takenNothing}
                slots={others}
                onChoose={(slot) => void placeHold(slot)}
              >
                {!unavailable && (
                  <Button kind="primary" onClick={() => void placeHold(hold.slot)}>
                    {text.holdAgain}
                  </Button>
                )}
              </Alternatives>
            )
          }
          onUnavailable={setUnavailable}
          onReserved={setReserved}
          onBack={leave}
        />
      </Suspense>
    );
  }
  if (reserved) {
    return (
      <Suspense fallback={<Loading />}>
        <BookingConfirmation booking={reserved} onBookAnother={() => setReserved(undefined)} />
      </Suspense>
    );
  }
  return (
    <div className="grid gap-4 py-4 md:py-8">
      {viewer === null && <Interrupted expertId={expert.id} />}
      <article
        ref={panes}
        tabIndex={-1}
        className="card grid rounded-xl shadow-3 outline-none md:grid-cols-[17rem_1fr] lg:grid-cols-[17rem_1fr_18rem]"
      >
        <div className="border-b border-line p-6 md:row-span-2 md:border-r md:border-b-0 lg:row-span-1">
          <Profile
            expert={expert}
            minutes={minutes}
            onMinutes={(count) => {
              setSelectedId(undefined);
              show({ minutes: String(count) });
            }}
          />
        </div>
        <TimePanes
          month={month}
          selectedId={selectedId}
          isBusy={isBusy}
          confirmLabel={text.keep}
          summary={
            offer &&
            `${places.session[offer.place.kind](formats.minutes(minutes))}, ${formats.price(offer.price)}`
          }
          onDay={(date) => show({ day: date })}
          onChoose={(slot) => {
            setSelectedId(slot?.id);
            if (slot) void loadSteps().catch(() => undefined);
          }}
          onConfirm={(slot) => void placeHold(slot)}
        />
      </article>
    </div>
  );
}

/** Tells somebody whose session has ended here that their time and their draft are kept. */
function Interrupted({ expertId }: { expertId: string }) {
  const text = useWords(expertWords);
  const formats = useFormats();
  const { pathname, search } = useLocation();
  const until = interruptedHold(expertId, useNow(1_000));
  if (!until) return null;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center justify-between gap-3 rounded-md bg-held-bg px-5 py-4 text-held"
    >
      <div>
        <p className="font-semibold">{text.signedOut}</p>
        <p>{text.signedOutBody(formats.time(until))}</p>
      </div>
      <Link to={signInPath(pathname + search)} className={buttonClass("primary")}>
        {text.signInAgain}
      </Link>
    </div>
  );
}

/** Return the hold with its present end, and whether it was lost: it has ended, or an event says so. */
function useLiveHold(held: Hold | null, isBusy: boolean): { hold: Hold | null; isLost: boolean } {
  const now = useNow(1_000);
  const { data, complete } = useFragment({
    fragment: SLOT_TIME,
    from: held ? { __typename: "Slot", id: held.slot.id } : null,
  });
  if (!held) return { hold: null, isLost: false };
  // A hold lasts longer while its code is under way.
  const until = complete && data.mine && data.heldUntil ? data.heldUntil : held.heldUntil;
  const hold = until === held.heldUntil ? held : { ...held, heldUntil: until };
  const isOver = until !== null && Date.parse(until) <= now;
  // A slot that the viewer has booked in another tab is no longer held either.
  const isTaken = complete && (!data.mine || data.status === "BOOKED");
  return { hold, isLost: !isBusy && (isOver || isTaken) };
}

function parseLength(parameter: string | null, { offers }: Expert): number {
  const found = offers.find(({ minutes }) => minutes === Number(parameter)) ?? offers[0];
  return found?.minutes ?? 60;
}

import { useFragment } from "@apollo/client/react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";

import type { ExpertQuery } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { placeWords } from "../place/words.ts";
import type { Hold } from "../holds/holds.ts";
import { interruptedHold } from "../session/drafts.ts";
import { isSignedIn } from "../session/sessionExpiry.ts";
import { signInPath, useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Loading } from "../ui/Loading.tsx";
import { toastError } from "../ui/toast.tsx";
import { Alternatives } from "./Alternatives.tsx";
import { ExpertFrame } from "./ExpertFrame.tsx";
import { offeredMinutes } from "./offers.ts";
import { ShareButton } from "./ShareButton.tsx";
import { nearestOpen, SLOT_TIME, type SlotTime } from "./slots.ts";
import { TimePanes } from "./TimePanes.tsx";
import { useBookingStep, withoutStep } from "./useBookingStep.ts";
import { type Unavailable, useReservation } from "./useReservation.ts";
import { useWeeks } from "./useWeeks.ts";
import { expertWords } from "./words.ts";

// The booking steps are loaded when a time is chosen, before it is held.
const loadSteps = () => import("./BookingSteps.tsx");
const BookingSteps = lazy(loadSteps);
// Reviews are optional: the calendar above works even if they cannot be loaded, for example
// offline.
const ExpertReviews = lazy(() =>
  import("../reviews/ExpertReviews.tsx").catch(() => ({ default: () => null })),
);

type Expert = NonNullable<ExpertQuery["expertBySlug"]>;

/** Panes with an expert's profile, calendar and slots, and the steps from a slot to a booking. */
export function ExpertPanes({ expert }: { expert: Expert }) {
  const text = useWords(expertWords);
  const places = useWords(placeWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const { viewer, personId, startGuest } = useViewer();
  const [parameters, setParameters] = useSearchParams();
  const navigate = useNavigate();
  const { step, show: showStep, goBack } = useBookingStep();

  const minutes = offeredMinutes(expert, parameters.get("minutes"));
  const offer = expert.offers.find((each) => each.minutes === minutes);
  const weeks = useWeeks({
    expertId: expert.id,
    minutes,
    horizonDays: expert.availability.horizonDays,
    requestedDay: parameters.get("day"),
    initialInstant: expert.nextSlot?.startsAt,
  });

  const reservation = useReservation(expert, Boolean(personId), step !== undefined);
  const { hold, isLost } = useLiveHold(reservation.hold, reservation.isBusy);
  const [selectedId, setSelectedId] = useState(parameters.get("slot") ?? undefined);
  const [isStarting, setIsStarting] = useState(false);
  const [unavailable, setUnavailable] = useState<Unavailable | null>(null);
  const [refusedId, setRefusedId] = useState<string>();
  // Whether the user booked or released the hold on this page, so that it does not count as lost.
  const [isSettled, setIsSettled] = useState(false);
  const isBusy = isStarting || reservation.isBusy || viewer === undefined;

  function show(changed: Record<string, string>): void {
    setParameters(
      { ...withoutStep(parameters), ...changed },
      { replace: true, preventScrollReset: true },
    );
  }

  async function placeHold(slot: SlotTime): Promise<void> {
    const offer = expert.offers.find((each) => each.minutes === slot.minutes);
    if (!offer || isBusy) return;
    if (hold?.slot.id === slot.id && !isLost) {
      showStep("details");
      return;
    }
    setIsStarting(true);
    try {
      if (!personId) await startGuest();
      const outcome = await reservation.placeHold(slot, {
        price: offer.price,
        placeKind: offer.place.kind,
        cancellationNoticeMinutes: expert.availability.cancellationNoticeMinutes,
      });
      if (outcome.kind === "tooMany") return void toastError(text.tooManyHolds(outcome.limit));
      if (outcome.kind === "unavailable") {
        if (step) setUnavailable(outcome.unavailable);
        else setRefusedId(slot.id);
      } else {
        setUnavailable(null);
        setIsSettled(false);
        setSelectedId(undefined);
        showStep("details", { minutes: String(slot.minutes), day: formats.dateOf(slot.startsAt) });
      }
    } catch {
      void toastError(errors.unexpected);
    } finally {
      setIsStarting(false);
    }
  }

  function release(): void {
    setIsSettled(true);
    goBack();
    reservation.release().catch(() => toastError(errors.unexpected));
  }

  if (step && !hold && (viewer === undefined || reservation.isLoading)) return <Loading />;
  if (step && hold) {
    const others = unavailable?.alternatives.length
      ? unavailable.alternatives
      : nearestOpen(weeks.calendar.days, hold, weeks.now);
    return (
      <Suspense fallback={<Loading />}>
        <BookingSteps
          expert={expert}
          hold={hold}
          reservation={reservation}
          isLost={isLost && !isSettled}
          isCode={step === "code"}
          notice={
            (unavailable ?? (isLost && !isSettled)) && (
              <Alternatives
                isAnswer={unavailable !== null}
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
          onReserved={(id) => {
            setIsSettled(true);
            void navigate(`/bookings/${id}`, { replace: true, state: { isNew: true } });
          }}
          onCode={() => showStep("code")}
          onBack={goBack}
          onRelease={release}
        />
      </Suspense>
    );
  }
  return (
    <div className="grid gap-4">
      {viewer === null && <Interrupted expertId={expert.id} />}
      <ExpertFrame
        expert={expert}
        minutes={minutes}
        isSignedIn={viewer === undefined ? isSignedIn() : viewer !== null}
        actions={<ShareButton name={expert.name} slug={expert.slug} />}
        onMinutes={(count) => {
          setSelectedId(undefined);
          show({ minutes: String(count) });
        }}
        times={
          <TimePanes
            expertId={expert.id}
            weeks={weeks}
            waitMinutes={minutes}
            selectedId={selectedId}
            isBusy={isBusy}
            refusedId={refusedId}
            confirmLabel={hold?.slot.id === selectedId ? text.goOn : text.keep}
            summary={
              offer &&
              `${places.session[offer.place.kind](formats.minutes(minutes))}, ${formats.price(offer.price)}`
            }
            onDay={(date) => show({ day: date })}
            onChoose={(slot) => {
              setSelectedId(slot?.id);
              setRefusedId(undefined);
              if (slot) void loadSteps().catch(() => undefined);
            }}
            onConfirm={(slot) => void placeHold(slot)}
          />
        }
      />
      <div className="mt-12 md:mt-16">
        <Suspense fallback={<div className="h-112" />}>
          <ExpertReviews expertId={expert.id} />
        </Suspense>
      </div>
    </div>
  );
}

/**
 * Notice, shown after the session has ended, that the chosen time is still held and the draft is
 * kept.
 */
function Interrupted({ expertId }: { expertId: string }) {
  const text = useWords(expertWords);
  const formats = useFormats();
  const { pathname, search } = useLocation();
  const until = interruptedHold(expertId, useNow(1_000));
  const isShown = until !== undefined;
  const notice = useRef<HTMLDivElement>(null);
  // Focus the notice, because the form that had the focus is gone, and the notice may be out of
  // sight.
  useEffect(() => {
    if (isShown) notice.current?.focus();
  }, [isShown]);
  if (!until) return null;
  return (
    <div
      ref={notice}
      role="alert"
      tabIndex={-1}
      className="flex flex-wrap items-center justify-between gap-3 rounded-md bg-held-bg px-5 py-4 text-held outline-none"
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

/** Return the hold with its current expiry, and whether it has expired or its slot was lost. */
function useLiveHold(held: Hold | null, isBusy: boolean): { hold: Hold | null; isLost: boolean } {
  const now = useNow(1_000);
  const { data, complete } = useFragment({
    fragment: SLOT_TIME,
    from: held ? { __typename: "Slot", id: held.slot.id } : null,
  });
  // The server extends a hold while the client waits for an e-mailed code.
  const extended = complete && data.mine ? data.heldUntil : null;
  const until = extended ?? held?.heldUntil ?? null;
  const hold = useMemo(() => held && { ...held, heldUntil: until }, [held, until]);
  if (!hold) return { hold, isLost: false };
  const isOver = until !== null && Date.parse(until) <= now;
  // A slot that the viewer has booked in another tab is no longer held, either.
  const isTaken = complete && (!data.mine || data.status === "BOOKED");
  return { hold, isLost: !isBusy && (isOver || isTaken) };
}

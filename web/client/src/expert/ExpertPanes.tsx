import { useFragment } from "@apollo/client/react";
import { useRef, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";

import type { ExpertQuery } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { signInPath, useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { Button } from "../ui/Button.tsx";
import { problemsByField } from "../ui/problems.ts";
import { toastError } from "../ui/toast.tsx";
import { Alternatives } from "./Alternatives.tsx";
import { BookingConfirmation } from "./BookingConfirmation.tsx";
import { BookingForm, type ContactDetails } from "./BookingForm.tsx";
import { Profile } from "./Profile.tsx";
import { SameTime } from "./SameTime.tsx";
import { nearestOpen, SLOT_TIME, type SlotTime } from "./slots.ts";
import { TimePanes } from "./TimePanes.tsx";
import { useMonth } from "./useMonth.ts";
import { type Hold, type Unavailable, type Reserved, useReservation } from "./useReservation.ts";
import { expertWords } from "./words.ts";

type Expert = NonNullable<ExpertQuery["expertBySlug"]>;

/** Profile, calendar and slot panes, with the steps from a slot to a booking. */
export function ExpertPanes({ expert }: { expert: Expert }) {
  const text = useWords(expertWords);
  const { errors } = useWords(appWords);
  const { zone } = useTimePreferences();
  const formats = useFormats();
  const { viewer } = useViewer();
  const navigate = useNavigate();
  const location = useLocation();
  const [parameters, setParameters] = useSearchParams();

  const minutes = parseLength(parameters.get("minutes"), expert);
  const month = useMonth({
    expertId: expert.id,
    minutes,
    horizonDays: expert.availability.horizonDays,
    requestedDay: parameters.get("day"),
    initialInstant: expert.nextSlot?.startsAt,
  });

  const reservation = useReservation(expert.id, Boolean(viewer));
  const { hold } = reservation;
  const [selectedId, setSelectedId] = useState(parameters.get("slot") ?? undefined);
  const [details, setDetails] = useState<ContactDetails>();
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [unavailable, setUnavailable] = useState<Unavailable | null>(null);
  const [reserved, setReserved] = useState<Reserved>();
  const panes = useRef<HTMLElement>(null);
  const isLost = useIsHoldLost(hold, reservation.isBusy);

  function show(changed: Record<string, string>): void {
    const { slot: _, ...kept } = Object.fromEntries(parameters);
    setParameters({ ...kept, ...changed }, { replace: true, preventScrollReset: true });
  }

  async function placeHold(slot: SlotTime): Promise<void> {
    if (!viewer) {
      const back = new URLSearchParams({
        ...Object.fromEntries(parameters),
        day: month.selectedDay?.date ?? "",
        slot: slot.id,
      });
      return void navigate(signInPath(`${location.pathname}?${back}`));
    }
    try {
      const offer = expert.offers.find((each) => each.minutes === slot.minutes);
      if (!offer) return;
      const refusal = await reservation.placeHold(
        slot,
        offer.price,
        expert.availability.cancellationNoticeMinutes,
      );
      if (refusal && "limited" in refusal) return void toastError(text.problem(refusal.limited));
      setUnavailable(refusal);
      setSelectedId(undefined);
      if (refusal && !hold) {
        const [other] = refusal.alternatives;
        void toastError(refusal.slot?.status === "OPEN" ? text.notOffered : text.taken, {
          ...(other && {
            action: { label: formats.time(other.startsAt), onClick: () => void placeHold(other) },
            // Long enough to read the message and reach its button.
            duration: 20_000,
          }),
        });
      }
    } catch {
      void toastError(errors.unexpected);
    }
  }

  async function book(): Promise<void> {
    if (!hold) return;
    const { note, ...contact } = enteredDetails;
    try {
      const outcome = await reservation.book({
        slotId: hold.slot.id,
        // A hold keeps its price; one that has just ended does not.
        expectedPrice: { amount: hold.price.amount, currency: hold.price.currency },
        contact: { ...contact, timeZone: zone },
        note,
      });
      setProblems("problems" in outcome ? problemsByField(outcome.problems, text.problem) : {});
      setUnavailable("unavailable" in outcome ? outcome.unavailable : null);
      if ("limited" in outcome) void toastError(text.problem(outcome.limited));
      if ("reserved" in outcome) setReserved(outcome.reserved);
    } catch {
      void toastError(errors.unexpected);
    }
  }

  const enteredDetails = details ?? {
    name: viewer?.name ?? "",
    email: viewer?.email ?? "",
    phone: "",
    note: "",
  };
  const others = unavailable?.alternatives.length
    ? unavailable.alternatives
    : nearestOpen(month.calendar.days, hold, month.now);
  const notice =
    unavailable || isLost ? (
      <Alternatives
        title={unavailable ? text.taken : text.holdEnded}
        body={others.length ? text.takenBody : text.takenNothing}
        slots={others}
        onChoose={(slot) => void placeHold(slot)}
      >
        {!unavailable && hold && (
          <Button kind="primary" onClick={() => void placeHold(hold.slot)}>
            {text.holdAgain}
          </Button>
        )}
      </Alternatives>
    ) : undefined;

  return (
    <article
      ref={panes}
      tabIndex={-1}
      className="grid rounded-lg outline-none border border-line bg-panel md:grid-cols-[15rem_1fr] lg:grid-cols-[15rem_1fr_15rem]"
    >
      <div className="border-b border-line p-6 md:row-span-2 md:border-r md:border-b-0 lg:row-span-1">
        <Profile
          expert={expert}
          minutes={minutes}
          canChangeLength={!hold && !reserved}
          onMinutes={(count) => {
            setSelectedId(undefined);
            show({ minutes: String(count) });
          }}
        />
      </div>
      {reserved ? (
        <div className="p-6 lg:col-span-2">
          <BookingConfirmation
            booking={reserved}
            onBookAnother={() => {
              setReserved(undefined);
              panes.current?.focus();
            }}
          />
        </div>
      ) : hold ? (
        <div className="p-6 lg:col-span-2">
          <BookingForm
            hold={hold}
            details={enteredDetails}
            problems={problems}
            isBusy={reservation.isBusy}
            warning={<SameTime hold={hold} expertId={expert.id} />}
            notice={notice}
            onChange={setDetails}
            onSubmit={() => void book()}
            onBack={() => {
              setUnavailable(null);
              panes.current?.focus();
              reservation.release().catch(() => toastError(errors.unexpected));
            }}
          />
        </div>
      ) : (
        <TimePanes
          month={month}
          selectedId={selectedId}
          isBusy={reservation.isBusy}
          confirmLabel={viewer ? text.choose : text.signInToBook}
          onDay={(date) => show({ day: date })}
          onChoose={(slot) => setSelectedId(slot?.id)}
          onConfirm={(slot) => void placeHold(slot)}
        />
      )}
    </article>
  );
}

/** Return whether the viewer has lost a hold: it has expired, or an event says so. */
function useIsHoldLost(hold: Hold | null, isBusy: boolean): boolean {
  const now = useNow(1_000);
  const { data, complete } = useFragment({
    fragment: SLOT_TIME,
    from: hold ? { __typename: "Slot", id: hold.slot.id } : null,
  });
  if (!hold || isBusy) return false;
  const isOver = hold.heldUntil !== null && Date.parse(hold.heldUntil) <= now;
  // A slot that the viewer has booked in another tab is no longer held either.
  return isOver || (complete && (!data.mine || data.status === "BOOKED"));
}

function parseLength(parameter: string | null, { offers }: Expert): number {
  const found = offers.find(({ minutes }) => minutes === Number(parameter)) ?? offers[0];
  return found?.minutes ?? 60;
}

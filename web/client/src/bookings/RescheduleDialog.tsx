import { useState } from "react";
import { useNavigate } from "react-router";

import type { MovableBookingFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { Alternatives } from "../expert/Alternatives.tsx";
import type { SlotTime } from "../expert/slots.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { Dialog, Refusal, RefusalText } from "./Dialog.tsx";
import { type Outcome, useReschedule } from "./useReschedule.ts";
import { bookingsWords } from "./words.ts";

interface RescheduleDialogProps {
  booking: MovableBookingFragment;
  slot: SlotTime;
  /** Select another slot, which the server has proposed because `slot` was taken. */
  onChoose: (slot: SlotTime) => void;
  onClose: () => void;
}

/** Asks the client to confirm a reschedule, and explains a refusal by the server. */
export function RescheduleDialog({ booking, slot, onChoose, onClose }: RescheduleDialogProps) {
  const text = useWords(bookingsWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const navigate = useNavigate();
  const { move, isBusy } = useReschedule(booking.id);
  const [outcome, setOutcome] = useState<Outcome>();
  // A booking that keeps its length keeps its price, too.
  const isOther = slot.minutes !== booking.minutes;
  const price = isOther
    ? booking.expert.offers.find(({ minutes }) => minutes === slot.minutes)?.price
    : undefined;

  async function confirm(): Promise<void> {
    try {
      const answer = await move(slot, price);
      if (answer.kind !== "moved") {
        setOutcome(answer);
        return;
      }
      void toast(text.move.moved(formats.moment(answer.startsAt)));
      await navigate(`/bookings/${booking.id}`, { replace: true, state: { isMoved: true } });
    } catch {
      void toastError(errors.unexpected);
    }
  }

  return (
    <Dialog title={text.move.ask} isBusy={isBusy} onClose={onClose}>
      {outcome ? (
        <RescheduleRefusal
          outcome={outcome}
          onChoose={(other) => {
            setOutcome(undefined);
            onChoose(other);
          }}
        />
      ) : (
        <>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
            <dt className="text-muted">{text.move.from}</dt>
            <dd className="text-muted line-through">{formats.moment(booking.startsAt)}</dd>
            <dt className="text-muted">{text.move.to}</dt>
            <dd className="font-medium">
              {formats.moment(slot.startsAt)}
              {price && (
                <span className="block">
                  {formats.minutes(slot.minutes)} · {formats.price(price)}
                </span>
              )}
            </dd>
          </dl>
          <p className="text-muted">
            {text.move.body} {!booking.expert.availability.confirmsAutomatically && text.move.again}
          </p>
        </>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{text.move.other}</Button>
        {!outcome && (
          <Button kind="primary" autoFocus isBusy={isBusy} onClick={() => void confirm()}>
            {isBusy ? text.move.moving : text.move.doIt}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

interface RescheduleRefusalProps {
  outcome: Outcome;
  onChoose: (slot: SlotTime) => void;
}

function RescheduleRefusal({ outcome, onChoose }: RescheduleRefusalProps) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  if (outcome.kind === "taken") {
    const { alternatives } = outcome;
    return (
      <Refusal>
        <Alternatives
          title={text.move.taken}
          body={alternatives.length ? text.move.takenBody : text.move.takenNothing}
          slots={alternatives}
          onChoose={onChoose}
        />
      </Refusal>
    );
  }
  return (
    <RefusalText>
      {outcome.kind === "tooLate"
        ? text.tooLate(formats.moment(outcome.deadline))
        : outcome.kind === "notOffered"
          ? text.move.notOffered
          : outcome.kind === "priceChanged"
            ? text.move.priceChanged(formats.price(outcome.price))
            : text.notAllowed}
    </RefusalText>
  );
}

import { useQuery } from "@apollo/client/react";
import { useState } from "react";

import type { DeskBookingFragment } from "../../api/gql/graphql.ts";
import { appWords } from "../../app/words.ts";
import { Dialog } from "../../bookings/Dialog.tsx";
import { type Outcome, useReschedule } from "../../bookings/useReschedule.ts";
import type { SlotTime } from "../../expert/slots.ts";
import { useWords } from "../../text/text.tsx";
import { addDays } from "../../time/day.ts";
import { useFormats } from "../../time/formats.ts";
import { useTimePreferences } from "../../time/preferences.ts";
import { useToday } from "../../time/relativeMoment.ts";
import { Button } from "../../ui/Button.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Select } from "../../ui/Select.tsx";
import { toast, toastError } from "../../ui/toast.tsx";
import { FREE_DAYS } from "./documents.ts";
import { movableSlots } from "./moves.ts";
import { calendarWords } from "./words.ts";

/** Number of days for which free times are loaded and offered at once. */
const DAYS = 14;

interface MoveDialogProps {
  booking: DeskBookingFragment;
  /** The slot to which the booking was dragged; undefined if a button opened the dialog. */
  slot?: SlotTime | undefined;
  /** The expert's bookings on the days around `booking`, if they are loaded. */
  others?: readonly DeskBookingFragment[] | undefined;
  onMoved: (startsAt: string) => void;
  onClose: () => void;
}

/** Dialog to move a booking to another free time of its expert, after a confirmation. */
export function MoveDialog({ booking, slot, others, onMoved, onClose }: MoveDialogProps) {
  const text = useWords(calendarWords).move;
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const today = useToday();
  const { move, isBusy } = useReschedule(booking.id);
  const [chosen, setChosen] = useState(slot);
  const [day, setDay] = useState(() => formats.dateOf((slot ?? booking).startsAt));
  const [from, setFrom] = useState(day < today ? today : day);
  const [refusal, setRefusal] = useState("");
  const query = useQuery(FREE_DAYS, {
    variables: {
      ...{ expertId: booking.expert.id, from, count: DAYS },
      ...{ timeZone: zone, minutes: booking.minutes },
    },
    fetchPolicy: "network-only",
  });
  const around = others?.filter(({ id }) => id !== booking.id);
  const days = query.data?.expert?.days;
  const free = [...movableSlots(days ?? [], booking, around)].filter(([, slots]) => slots.length);
  const shownDay = free.find(([date]) => date === day) ?? free[0];
  const name = booking.contact?.name ?? booking.reference;

  function show(first: string): void {
    setFrom(first < today ? today : first);
    setChosen(undefined);
    setRefusal("");
  }

  async function confirm(): Promise<void> {
    if (!chosen) {
      setRefusal(text.choose);
      return;
    }
    setRefusal("");
    try {
      const outcome = await move(chosen, undefined);
      if (outcome.kind === "moved") {
        void toast(text.done(name, formats.moment(outcome.startsAt)));
        onMoved(outcome.startsAt);
        return;
      }
      setRefusal(reasonOf(outcome, text));
      setChosen(undefined);
      await query.refetch();
    } catch {
      void toastError(errors.unexpected);
    }
  }

  return (
    <Dialog title={text.title} isBusy={isBusy} onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <dt className="text-muted">{text.from}</dt>
        <dd className={chosen ? "text-muted line-through" : ""}>
          {formats.moment(booking.startsAt)}
        </dd>
        <dt className="text-muted">{text.to}</dt>
        <dd className="font-semibold">{chosen ? formats.moment(chosen.startsAt) : "–"}</dd>
      </dl>
      <div className="grid gap-3">
        {query.error && !days ? (
          <p className="text-danger">{errors.unexpected}</p>
        ) : !days ? (
          <Loading />
        ) : shownDay ? (
          <>
            <Select
              label={text.day}
              value={shownDay[0]}
              onChange={({ target }) => {
                setDay(target.value);
                setChosen(undefined);
              }}
            >
              {free.map(([date, slots]) => (
                <option key={date} value={date}>
                  {formats.day(date)} ({text.free(slots.length)})
                </option>
              ))}
            </Select>
            <div
              role="group"
              aria-label={text.times}
              className="grid max-h-56 grid-cols-3 gap-2 overflow-y-auto p-1 tabular-nums sm:grid-cols-4"
            >
              {shownDay[1].map((each) => (
                <button
                  key={each.id}
                  type="button"
                  aria-pressed={each.id === chosen?.id}
                  onClick={() => {
                    setChosen(each);
                    setRefusal("");
                  }}
                  className="min-h-11 rounded-sm border border-free-line bg-free-bg text-control font-semibold text-accent hover:border-accent hover:bg-soft aria-pressed:border-accent aria-pressed:bg-soft aria-pressed:outline-1 aria-pressed:outline-accent"
                >
                  {formats.time(each.startsAt)}
                </button>
              ))}
            </div>
          </>
        ) : (
          <p className="py-4 text-muted">{text.none}</p>
        )}
        <div className="flex flex-wrap justify-between gap-2">
          <Button kind="plain" disabled={from <= today} onClick={() => show(addDays(from, -DAYS))}>
            {text.earlier}
          </Button>
          <Button kind="plain" onClick={() => show(addDays(from, DAYS))}>
            {text.later}
          </Button>
        </div>
      </div>
      <p role="alert" className="text-danger empty:hidden">
        {refusal}
      </p>
      <p className="text-sm text-muted">{text.told(name)}</p>
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{text.keep}</Button>
        <Button kind="primary" isBusy={isBusy} onClick={() => void confirm()}>
          {isBusy ? text.busy : text.doIt}
        </Button>
      </div>
    </Dialog>
  );
}

function reasonOf(outcome: Outcome, text: (typeof calendarWords)["en"]["move"]): string {
  if (outcome.kind === "taken") return text.taken;
  return outcome.kind === "notOffered" ? text.notOffered : text.notAllowed;
}

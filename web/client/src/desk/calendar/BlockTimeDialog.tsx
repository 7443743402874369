import { useApolloClient, useMutation } from "@apollo/client/react";
import { type SubmitEvent, useState } from "react";

import { appWords } from "../../app/words.ts";
import { Dialog } from "../../bookings/Dialog.tsx";
import { EXPERT_HOURS, SET_AVAILABILITY } from "../../hours/availability.ts";
import { OutsideList, type OutsideBookings } from "../../hours/BookingsOutsideHours.tsx";
import { fromFieldEnd, toFieldTime } from "../../hours/spans.ts";
import { useWords } from "../../text/text.tsx";
import { addDays, parseDay } from "../../time/day.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import type { Problems } from "../../ui/problems.ts";
import { toast, toastError } from "../../ui/toast.tsx";
import { useProblems } from "../../ui/useProblems.ts";
import { type Block, blockTime, isInBlock, overridesOf } from "./block.ts";
import { calendarWords } from "./words.ts";

const MAX_DAYS = 366;
/** Maximum number of attempts, in case another client changes the hours at the same time. */
const MAX_ATTEMPTS = 3;
const WHOLE_DAY = { from: "00:00", to: "24:00" };

interface BlockTimeDialogProps {
  expertId: string;
  /** The day that is chosen at first; `zone` is the time zone of the expert's hours. */
  date: string;
  zone: string;
  onClose: () => void;
}

/** Dialog to block time on one or more days, by overriding the expert's hours on these days. */
export function BlockTimeDialog({ expertId, date, zone, onClose }: BlockTimeDialogProps) {
  const text = useWords(calendarWords).block;
  const { errors } = useWords(appWords);
  const client = useApolloClient();
  const [setAvailability] = useMutation(SET_AVAILABILITY);
  const [isBusy, setBusy] = useState(false);
  const { form, problems, setProblems } = useProblems();
  const [days, setDays] = useState({ first: date, last: date });
  const [isWholeDay, setWholeDay] = useState(true);
  const [times, setTimes] = useState({ from: "12:00", to: "13:00" });
  const [remaining, setRemaining] = useState<OutsideBookings>();
  const block: Block = { ...days, ...(isWholeDay ? WHOLE_DAY : times) };

  async function send(attempt = 1): Promise<void> {
    const found = problemsOf(block, text);
    setProblems(Object.keys(found).length ? found : undefined);
    if (Object.keys(found).length) return;
    // The mutation replaces all overrides of the hours, so read the current overrides first.
    const { data: before } = await client.query({
      query: EXPERT_HOURS,
      variables: { id: expertId },
      fetchPolicy: "network-only",
    });
    const availability = before?.expert?.availability;
    if (!availability) throw new Error("the expert's hours are missing");
    const overrides = blockTime(availability, block);
    if (JSON.stringify(overrides) === JSON.stringify(overridesOf(availability))) {
      setProblems({ first: text.isClosed });
      return;
    }
    const { data } = await setAvailability({
      variables: { input: { expertId, overrides, expectedVersion: availability.version } },
    });
    const answer = data?.setAvailability;
    if (answer?.__typename === "AvailabilityChanged" && attempt < MAX_ATTEMPTS) {
      return send(attempt + 1);
    }
    if (answer?.__typename === "AvailabilitySet") {
      void toast(text.done);
      const inside = answer.outside.filter((booking) => isInBlock(booking, block, zone));
      if (inside.length) setRemaining(inside);
      else onClose();
    } else if (answer?.__typename === "InvalidInput") {
      setProblems({ first: answer.fields.map(({ message }) => text.problem(message)).join(" ") });
    } else {
      void toastError(errors.unexpected);
    }
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    send()
      .catch(() => void toastError(errors.unexpected))
      .finally(() => setBusy(false));
  }

  if (remaining) {
    return (
      // Show a new dialog, so that it takes the focus and screen readers announce it.
      <Dialog key="remaining" title={text.remaining} onClose={onClose}>
        <p className="text-muted">{text.remainingLead}</p>
        <OutsideList bookings={remaining} isOwn onFollow={onClose} />
        <Button className="justify-self-end" onClick={onClose}>
          {text.close}
        </Button>
      </Dialog>
    );
  }
  return (
    <Dialog title={text.title} isBusy={isBusy} onClose={onClose}>
      <p className="text-muted">{text.lead}</p>
      <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field
            label={text.first}
            type="date"
            required
            value={days.first}
            problem={problems?.first}
            onChange={({ target: { value } }) =>
              setDays(({ last }) => ({ first: value, last: last < value ? value : last }))
            }
          />
          <Field
            label={text.last}
            type="date"
            required
            min={days.first}
            value={days.last}
            problem={problems?.last}
            onChange={({ target }) => setDays({ ...days, last: target.value })}
          />
        </div>
        <label className="flex min-h-11 items-center gap-3">
          <input
            type="checkbox"
            checked={isWholeDay}
            onChange={({ target }) => setWholeDay(target.checked)}
            className="size-5 accent-accent"
          />
          {text.wholeDay}
        </label>
        {!isWholeDay && (
          <div className="grid items-start gap-4 sm:grid-cols-2">
            <Field
              label={text.from}
              type="time"
              step={900}
              required
              value={times.from}
              problem={problems?.from}
              onChange={({ target }) => setTimes({ ...times, from: target.value })}
            />
            <Field
              label={text.to}
              type="time"
              step={900}
              required
              value={toFieldTime(times.to)}
              problem={problems?.to}
              onChange={({ target }) => setTimes({ ...times, to: fromFieldEnd(target.value) })}
            />
          </div>
        )}
        <p className="text-sm text-muted">{text.zone(zone.replaceAll("_", " "))}</p>
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={() => !isBusy && onClose()}>{text.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={isBusy}>
            {isBusy ? text.busy : text.doIt}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function problemsOf(
  { first, last, from, to }: Block,
  text: (typeof calendarWords)["en"]["block"],
): Problems {
  const found: Record<string, string> = {};
  const [firstDay, lastDay] = [parseDay(first), parseDay(last)];
  if (!firstDay) found.first = text.noDate;
  if (!lastDay) found.last = text.noDate;
  else if (firstDay && lastDay < firstDay) found.last = text.lastBeforeFirst;
  else if (firstDay && lastDay >= addDays(firstDay, MAX_DAYS)) found.last = text.tooLong;
  if (!from) found.from = text.noTime;
  if (!to) found.to = text.noTime;
  else if (from && to <= from) found.to = text.toBeforeFrom;
  return found;
}

import { parseDate } from "@internationalized/date";
import { lazy, Suspense, useState } from "react";

import { Failure } from "../app/Failure.tsx";
import { useViewer } from "../session/Viewer.tsx";
import { useText, useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { ClockControls } from "../time/ClockControls.tsx";
import { whyLost } from "./ChosenSlot.tsx";
import { isFull } from "./days.ts";
import { SlotListSkeleton } from "./ExpertSkeleton.tsx";
import { SlotList } from "./SlotList.tsx";
import { type Day, isTakenByOthers, nearestOpen, type SlotTime, upcomingSlots } from "./slots.ts";
import { useOwnSessions } from "./useOwnSessions.ts";
import type { Weeks } from "./useWeeks.ts";
import { WeeksCalendar } from "./WeeksCalendar.tsx";
import { expertWords } from "./words.ts";

const FullDay = lazy(() => import("../waiting/FullDay.tsx"));

interface TimePanesProps {
  expertId: string;
  weeks: Weeks;
  /**
   * Session length in minutes for the waiting list of a full day; undefined if there is no such
   * list.
   */
  waitMinutes?: number | undefined;
  selectedId: string | undefined;
  isBusy: boolean;
  /** ID of a slot that the server has refused although it looks free. */
  refusedId?: string | undefined;
  confirmLabel: string;
  /** Text beside the confirm button, such as the kind, length and price of the session. */
  summary?: string | undefined;
  /**
   * Return whether a slot can be selected although it is not free, because the booking to move
   * occupies it.
   */
  canSelect?: (slot: SlotTime) => boolean;
  onDay: (date: string) => void;
  onChoose: (slot: SlotTime | undefined) => void;
  onConfirm: (slot: SlotTime) => void;
}

/** Live calendar of several weeks, and the slots of the selected day. */
export function TimePanes(props: TimePanesProps) {
  const { expertId, weeks, waitMinutes, selectedId, refusedId, onDay, onChoose } = props;
  const { calendar, firstDay, lastDay, availability, selectedDay, now } = weeks;
  const text = useWords(expertWords);
  const { locale } = useText();
  const formats = useFormats();
  const { personId } = useViewer();
  const chosen = useChosenSlot(selectedDay?.slots, selectedId);
  const isLost =
    chosen !== undefined &&
    (!chosen.isListed || chosen.slot.id === refusedId || isTakenByOthers(chosen.slot));
  const [first, last] = [selectedDay?.slots[0], selectedDay?.slots.at(-1)];
  const day = first && last && { startsAt: first.startsAt, endsAt: last.endsAt };
  const ownSessions = useOwnSessions(personId ? day : undefined, expertId);
  const found = selectedDay && availability.get(selectedDay.date);
  const showsWaiting = found && isFull(found) && !chosen;
  if (calendar.error) {
    return (
      <div className="lg:col-span-2">
        <Failure retry={() => void calendar.refetch()} isOffline />
      </div>
    );
  }
  const hasFreeDay = [...availability.values()].some(({ free }) => free > 0);
  return (
    <>
      <div className="grid min-w-0 content-start gap-4 p-4 sm:p-6">
        <WeeksCalendar
          label={text.calendar}
          locale={locale}
          value={selectedDay ? parseDate(selectedDay.date) : null}
          origin={weeks.origin}
          page={weeks.page}
          minValue={firstDay}
          maxValue={lastDay}
          availabilityOf={(date) =>
            availability.get(date.toString()) ??
            (calendar.isLoading ? undefined : { all: 0, free: 0 })
          }
          canWait={waitMinutes !== undefined}
          onChange={(date) => {
            onChoose(undefined);
            onDay(date.toString());
          }}
          onPage={weeks.setPage}
        />
        {!calendar.isLoading && !hasFreeDay && <p className="text-muted">{text.noneAtAll}</p>}
        <ClockControls />
        <p role="status" className="sr-only">
          {isLost && `${whyLost(chosen.slot, text, formats)} ${text.chooseAnother}`}
        </p>
      </div>
      <div className="min-w-0 border-t border-line p-4 sm:p-6 lg:border-t-0 lg:border-l">
        {selectedDay && showsWaiting && waitMinutes ? (
          <Suspense fallback={<SlotListSkeleton />}>
            <FullDay
              expertId={expertId}
              minutes={waitMinutes}
              date={selectedDay.date}
              slots={upcomingSlots(selectedDay.slots, now)}
              nearest={nearestOpenToDay(calendar.days, selectedDay, now)}
              onChoose={(slot) => {
                onDay(formats.dateOf(slot.startsAt));
                onChoose(slot);
              }}
            />
          </Suspense>
        ) : selectedDay ? (
          <SlotList
            {...props}
            date={selectedDay.date}
            slots={upcomingSlots(selectedDay.slots, now)}
            lost={isLost ? chosen.slot : undefined}
            others={isLost ? nearestOpen(calendar.days, chosen.slot, now) : []}
            ownSessions={ownSessions}
          />
        ) : (
          <SlotListSkeleton />
        )}
      </div>
    </>
  );
}

/** Return the open slots, on any day, that are nearest in time to the middle slot of a full day. */
function nearestOpenToDay(days: readonly Day[], { slots }: Day, now: number): SlotTime[] {
  const middle = slots[Math.floor(slots.length / 2)];
  return middle ? nearestOpen(days, middle, now) : [];
}

/** Return the chosen slot as it was last listed, and whether it is still listed. */
function useChosenSlot(
  slots: readonly SlotTime[] | undefined,
  selectedId: string | undefined,
): { slot: SlotTime; isListed: boolean } | undefined {
  const [last, setLast] = useState<SlotTime>();
  const listed = slots?.find(({ id }) => id === selectedId);
  if (listed && listed !== last) setLast(listed);
  const slot = listed ?? (last?.id === selectedId ? last : undefined);
  return slot && { slot, isListed: listed !== undefined };
}

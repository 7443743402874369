import { parseDate } from "@internationalized/date";
import { useState } from "react";

import { Failure } from "../app/Failure.tsx";
import { useText, useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import { MonthCalendar } from "../ui/MonthCalendar.tsx";
import { whyLost } from "./ChosenSlot.tsx";
import { SlotListSkeleton } from "./ExpertSkeleton.tsx";
import { SlotList } from "./SlotList.tsx";
import { isTakenByOthers, nearestOpen, upcomingSlots, type SlotTime } from "./slots.ts";
import type { Month } from "./useMonth.ts";
import { expertWords } from "./words.ts";

interface TimePanesProps {
  month: Month;
  selectedId: string | undefined;
  isBusy: boolean;
  /** A slot that the server has refused although it looks free. */
  refusedId?: string | undefined;
  confirmLabel: string;
  /** Label beside the button: the use of the selected time. */
  summary?: string | undefined;
  /** Whether a slot that is not free can be selected, because it overlaps the booking to move. */
  canSelect?: (slot: SlotTime) => boolean;
  onDay: (date: string) => void;
  onChoose: (slot: SlotTime | undefined) => void;
  onConfirm: (slot: SlotTime) => void;
}

/** Live calendar of a month, and the slots of the selected day. */
export function TimePanes(props: TimePanesProps) {
  const { month, selectedId, refusedId, onDay, onChoose } = props;
  const { calendar, firstDay, lastDay, firstOfMonth, setMonth, openDays, selectedDay, now } = month;
  const text = useWords(expertWords);
  const { locale } = useText();
  const formats = useFormats();
  const chosen = useChosenSlot(selectedDay?.slots, selectedId);
  const isLost =
    chosen !== undefined &&
    (!chosen.isListed || chosen.slot.id === refusedId || isTakenByOthers(chosen.slot));
  if (calendar.error) {
    return (
      <div className="lg:col-span-2">
        <Failure retry={() => void calendar.refetch()} isOffline />
      </div>
    );
  }
  return (
    <>
      <div className="grid content-start gap-4 p-6">
        <MonthCalendar
          label={text.calendar}
          locale={locale}
          value={selectedDay ? parseDate(selectedDay.date) : null}
          firstMonth={firstOfMonth}
          minValue={firstDay}
          maxValue={lastDay}
          isUnavailable={(date) => !calendar.isLoading && !openDays.has(date.toString())}
          onChange={(date) => {
            onChoose(undefined);
            onDay(date.toString());
          }}
          onMonth={setMonth}
        />
        <div className="flex min-h-6 items-center justify-between gap-4 text-xs text-muted">
          <LiveBadge />
          {!calendar.isLoading && openDays.size === 0 && <p>{text.noneAtAll}</p>}
        </div>
        <p role="status" className="sr-only">
          {isLost && `${whyLost(chosen.slot, text, formats)} ${text.chooseAnother}`}
        </p>
      </div>
      <div className="border-t border-line p-6 lg:border-t-0 lg:border-l">
        {selectedDay ? (
          <SlotList
            {...props}
            date={selectedDay.date}
            slots={upcomingSlots(selectedDay.slots, now)}
            lost={isLost ? chosen.slot : undefined}
            others={isLost ? nearestOpen(calendar.days, chosen.slot, now) : []}
          />
        ) : (
          <SlotListSkeleton />
        )}
      </div>
    </>
  );
}

/** Return the chosen slot as it was last listed, and whether it still is. */
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

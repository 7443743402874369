import { type MouseEventHandler, type PointerEventHandler, useId } from "react";

import type { DeskBookingFragment } from "../../api/gql/graphql.ts";
import { useWords } from "../../text/text.tsx";
import { useFormats } from "../../time/formats.ts";
import { Icon } from "../../ui/Icon.tsx";
import { calendarWords } from "./words.ts";

/** Minimum height of an event, in pixels, for a second line of text. */
const TWO_LINES = 44;

interface CalendarEventProps {
  booking: DeskBookingFragment;
  height: number;
  isOver: boolean;
  isSelected: boolean;
  /** Whether another person has just made or moved the booking. */
  isFresh: boolean;
  /** Whether the booking is being dragged; if so, a copy of the event follows the pointer. */
  isDragged: boolean;
  canDrag: boolean;
  onClick: MouseEventHandler;
  onPointerDown: PointerEventHandler;
}

/** A booking in the calendar's grid. A click opens the booking, unless it is only a hold. */
export function CalendarEvent(props: CalendarEventProps) {
  const { booking, height, isOver, isSelected, isFresh, isDragged, canDrag } = props;
  const text = useWords(calendarWords);
  const formats = useFormats();
  const hint = useId();
  const { status, startsAt, endsAt, contact, reference } = booking;
  const name = contact?.name ?? reference;
  const isShort = height < TWO_LINES;
  if (status === "HELD") {
    return (
      <p
        data-event={reference}
        className="flex size-full items-center gap-2 overflow-hidden rounded-sm border border-dashed border-held-line bg-panel px-2 text-xs text-held"
      >
        <Icon name="clock" className="size-4" />
        <span className={isShort ? "truncate" : ""}>{text.isBooking}</span>
      </p>
    );
  }
  const state = isOver && status === "CONFIRMED" ? "COMPLETED" : status;
  return (
    <button
      type="button"
      data-event={reference}
      data-status={status}
      aria-describedby={canDrag ? hint : undefined}
      aria-pressed={isSelected}
      onClick={props.onClick}
      onPointerDown={props.onPointerDown}
      className={`flex size-full flex-col overflow-hidden rounded-sm border px-2 text-left text-[13px]/[18px] transition-[background-color,border-color,box-shadow] duration-200 ${isShort ? "justify-center" : "py-1"} ${isFresh ? "border-accent bg-accent text-on-accent ring-4 ring-held-bg" : lookOf(status, isOver)} ${isSelected ? "outline-2 -outline-offset-1 outline-accent" : ""} ${canDrag ? "cursor-grab active:cursor-grabbing" : ""} ${isDragged ? "opacity-50" : ""}`}
    >
      <span className={`block truncate ${isOver ? "font-medium" : "font-semibold"}`}>{name}</span>
      <span className="sr-only">
        , {formats.time(startsAt)} – {formats.time(endsAt)}, {text.status[state]}
      </span>
      {!isShort && (
        <span aria-hidden className="block truncate text-xs">
          {isFresh
            ? text.justBooked
            : status === "PENDING"
              ? text.wantsThis
              : status === "NO_SHOW"
                ? text.didNotCome
                : `${formats.time(startsAt)}, ${text.places[booking.place.kind]}`}
        </span>
      )}
      {canDrag && (
        <span id={hint} hidden>
          {text.dragHint}
        </span>
      )}
    </button>
  );
}

function lookOf(status: DeskBookingFragment["status"], isOver: boolean): string {
  if (status === "PENDING") return "border-dashed border-held-line bg-held-bg text-held";
  if (isOver || status !== "CONFIRMED") return "border-transparent bg-gone-bg text-gone";
  return "border-free-line bg-soft text-text hover:border-accent";
}

import { useApolloClient } from "@apollo/client/react";
import { type PointerEvent, useEffect, useLayoutEffect, useRef, useState } from "react";

import type { DeskBookingFragment } from "../../api/gql/graphql.ts";
import { appWords } from "../../app/words.ts";
import type { SlotTime } from "../../expert/slots.ts";
import { useWords } from "../../text/text.tsx";
import { toastError } from "../../ui/toast.tsx";
import { FREE_DAYS } from "./documents.ts";
import { type Segment, segmentsOf } from "./grid.ts";
import { movableSlots, nearestSlot } from "./moves.ts";

/** Distance in pixels that the pointer must move before a press becomes a drag. */
const THRESHOLD = 6;

interface Options {
  readonly dates: readonly string[];
  readonly zone: string;
  readonly bookings: readonly DeskBookingFragment[];
  /** Return the day and the minute at a point of the browser window; undefined outside the grid. */
  readonly at: (
    x: number,
    y: number,
  ) => { readonly date: string; readonly minute: number } | undefined;
  readonly onDrop: (booking: DeskBookingFragment, slot: SlotTime) => void;
}

type Target = Segment & { readonly slot: SlotTime; readonly minute: number };

interface Drag {
  readonly booking: DeskBookingFragment;
  /** Slots to which the booking can move; undefined while they are loading. */
  readonly targets: readonly Target[] | undefined;
  readonly target: Target | undefined;
}

interface DragToMove {
  readonly drag: Drag | undefined;
  /** Handle a press of the pointer on a booking, which may become a drag or a click. */
  press: (event: PointerEvent, booking: DeskBookingFragment, grabbedAt: number) => void;
  /** Return whether the last press was a drag, so that the click after it must be ignored. */
  wasDragged: () => boolean;
}

/**
 * Lets the expert drag a booking to another time in the grid with a mouse or pen.
 *
 * The booking snaps to free slots, which are loaded when the drag begins. A touch does not drag the
 * booking, but scrolls the page.
 */
export function useDragToMove(options: Options): DragToMove {
  const client = useApolloClient();
  const { errors } = useWords(appWords);
  const [drag, setDrag] = useState<Drag>();
  const isClick = useRef(true);
  const latest = useRef({ options, drag });
  // Use a layout effect, because the pointer may be released as soon as a target is shown.
  useLayoutEffect(() => {
    latest.current = { options, drag };
  });
  const end = useRef<() => void>(undefined);
  useEffect(() => () => end.current?.(), []);

  /** Load the slots to which a booking can move, while it is already being dragged. */
  async function begin(booking: DeskBookingFragment, show: () => void): Promise<void> {
    const { dates, zone, bookings } = latest.current.options;
    setDrag({ booking, targets: undefined, target: undefined });
    const variables = {
      expertId: booking.expert.id,
      from: dates[0] ?? "",
      count: dates.length,
      timeZone: zone,
      minutes: booking.minutes,
    };
    const { data } = await client.query({
      query: FREE_DAYS,
      variables,
      fetchPolicy: "network-only",
    });
    const others = bookings.filter(({ id }) => id !== booking.id);
    const free = [...movableSlots(data?.expert?.days ?? [], booking, others).values()].flat();
    const targets = free.flatMap((slot) => {
      const [first] = segmentsOf(slot, zone);
      return first ? [{ ...first, slot, minute: first.from }] : [];
    });
    setDrag((current) => (current?.booking.id === booking.id ? { ...current, targets } : current));
    show();
  }

  function press(event: PointerEvent, booking: DeskBookingFragment, grabbedAt: number): void {
    isClick.current = true;
    if (event.button !== 0 || event.pointerType === "touch") return;
    const start = { x: event.clientX, y: event.clientY };
    let point = start;
    let isDragging = false;

    function move({ clientX, clientY }: globalThis.PointerEvent): void {
      point = { x: clientX, y: clientY };
      if (!isDragging) {
        if (Math.hypot(point.x - start.x, point.y - start.y) < THRESHOLD) return;
        isDragging = true;
        isClick.current = false;
        begin(booking, show).catch(() => {
          stop();
          void toastError(errors.unexpected);
        });
      }
      show();
    }

    /** Show the slot to which the booking would move if the pointer were released now. */
    function show(): void {
      const place = latest.current.options.at(point.x, point.y);
      setDrag((current) => {
        if (!current) return current;
        const onDay = current.targets?.filter(({ date }) => date === place?.date) ?? [];
        return { ...current, target: place && nearestSlot(onDay, place.minute - grabbedAt) };
      });
    }

    function drop(): void {
      const target = latest.current.drag?.target;
      stop();
      if (isDragging && target) latest.current.options.onDrop(booking, target.slot);
    }

    function cancel({ key }: KeyboardEvent): void {
      if (key === "Escape") stop();
    }

    function stop(): void {
      setDrag(undefined);
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", drop);
      window.removeEventListener("pointercancel", stop);
      window.removeEventListener("keydown", cancel);
    }

    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", drop);
    window.addEventListener("pointercancel", stop);
    window.addEventListener("keydown", cancel);
    end.current = stop;
  }

  return { drag, press, wasDragged: () => !isClick.current };
}

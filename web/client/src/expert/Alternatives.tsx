import { type ReactNode, useEffect, useRef } from "react";

import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import type { SlotTime } from "./slots.ts";

interface AlternativesProps {
  /** Whether the message is shown in response to a button press; it then takes the focus. */
  isAnswer?: boolean;
  title: string;
  body: string;
  slots: readonly SlotTime[];
  onChoose: (slot: SlotTime) => void;
  children?: ReactNode;
}

/** Message that a slot was taken, with other slots to choose from. */
export function Alternatives(props: AlternativesProps) {
  const { isAnswer = false, title, body, slots, onChoose, children } = props;
  const formats = useFormats();
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isAnswer) notice.current?.focus();
  }, [isAnswer]);
  return (
    <div
      ref={notice}
      role="alert"
      tabIndex={-1}
      className="grid gap-3 rounded-md border border-held bg-held-bg p-4 text-held outline-none"
    >
      <p className="font-semibold">{title}</p>
      <p>{body}</p>
      <div className="flex flex-wrap gap-2">
        {children}
        {slots.map((slot) => (
          <Button key={slot.id} className="h-auto! min-h-11 py-2" onClick={() => onChoose(slot)}>
            {formats.moment(slot.startsAt)}
          </Button>
        ))}
      </div>
    </div>
  );
}

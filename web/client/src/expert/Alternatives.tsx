import type { ReactNode } from "react";

import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import type { SlotTime } from "./slots.ts";

interface AlternativesProps {
  title: string;
  body: string;
  slots: readonly SlotTime[];
  onChoose: (slot: SlotTime) => void;
  children?: ReactNode;
}

/** Message that a slot was taken, with other slots to choose from. */
export function Alternatives({ title, body, slots, onChoose, children }: AlternativesProps) {
  const formats = useFormats();
  return (
    <div role="alert" className="grid gap-3 rounded-md border border-held bg-held-bg p-4 text-held">
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

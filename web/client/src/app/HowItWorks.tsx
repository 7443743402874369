import type { ReactNode } from "react";

import { LOOK_CLASSES, type SlotLook } from "../expert/slotLooks.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Ring } from "../ui/CountdownRing.tsx";
import { Icon } from "../ui/Icon.tsx";
import { landingWords } from "./landingWords.ts";

const SEATS: readonly SlotLook[] = [
  ...(["BOOKED", "OPEN", "HELD", "OPEN", "BOOKED", "KEPT", "OPEN", "BOOKED", "OPEN"] as const),
];

/** Three pictures that explain how booking works, with made-up data. */
export function HowItWorks() {
  const text = useWords(landingWords);
  return (
    <section aria-labelledby="how" className="grid gap-8 bleed py-14 md:py-20">
      <h2 id="how" className="text-xl">
        {text.how}
      </h2>
      <ol className="grid gap-8 md:grid-cols-3 md:gap-6">
        <Step title={text.see} body={text.seeBody} picture={<Seats />} />
        <Step title={text.keep} body={text.keepBody} picture={<Kept />} />
        <Step title={text.meet} body={text.meetBody} picture={<Booked />} />
      </ol>
    </section>
  );
}

function Step({ title, body, picture }: { title: string; body: string; picture: ReactNode }) {
  return (
    <li className="grid content-start gap-4">
      <div aria-hidden className="grid min-h-44 card items-center p-5">
        {picture}
      </div>
      <h3 className="text-base">{title}</h3>
      <p className="text-sm text-muted">{body}</p>
    </li>
  );
}

function Seats() {
  const formats = useFormats();
  return (
    <div className="grid grid-cols-3 gap-2">
      {SEATS.map((look, index) => (
        <span
          key={index}
          className={`grid min-h-9 place-items-center rounded-sm border text-sm tabular-nums ${LOOK_CLASSES[look]}`}
        >
          {formats.clock(9 * 60 + 30 * index)}
        </span>
      ))}
    </div>
  );
}

function Kept() {
  const text = useWords(landingWords);
  const formats = useFormats();
  return (
    <div className="flex flex-wrap items-center justify-center gap-6">
      <p className="relative grid size-28 place-items-center">
        <Ring share={0.9} line={2} className="absolute inset-0 size-full text-accent" />
        <span className="display text-xl">4:32</span>
      </p>
      <p className="text-sm text-muted">
        <span className="block font-semibold text-text">{text.kept}</span>
        <span className="tabular-nums">
          {formats.clock(630)} – {formats.clock(660)}
        </span>
      </p>
    </div>
  );
}

function Booked() {
  const text = useWords(landingWords);
  const formats = useFormats();
  const pill = "inline-flex min-h-7 items-center gap-1.5 rounded-full px-3 text-xs font-medium";
  const button = "rounded-sm border border-line px-3 py-1.5 text-sm font-semibold";
  return (
    <div className="grid gap-3">
      <p className="flex items-center gap-3 border-b border-line pb-3 font-semibold tabular-nums">
        <Icon name="video" className="size-5 text-accent" />
        {formats.clock(630)} – {formats.clock(660)}
      </p>
      <div className="flex flex-wrap gap-2">
        <span className={`${pill} bg-soft text-accent`}>
          <Icon name="check" className="size-3.5" />
          {text.confirmed}
        </span>
        <span className={`${pill} border border-line text-muted`}>
          <Icon name="calendar" className="size-3.5" />
          {text.inCalendar}
        </span>
      </div>
      <div className="flex flex-wrap gap-2">
        <span className={button}>{text.move}</span>
        <span className={button}>{text.cancel}</span>
      </div>
    </div>
  );
}

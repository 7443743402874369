import type { ReactNode } from "react";

import { focusOnMount } from "../ui/focusOnMount.ts";

interface HoursNoticeProps {
  /** The id of the notice's heading. */
  id: string;
  title: string;
  children: ReactNode;
}

/** A notice above the hours that takes the focus when it appears. */
export function HoursNotice({ id, title, children }: HoursNoticeProps) {
  return (
    <section
      ref={focusOnMount}
      tabIndex={-1}
      aria-labelledby={id}
      className="grid gap-3 rounded-lg border border-held bg-held-bg p-4 text-held outline-none md:p-6"
    >
      <h2 id={id} className="text-lg">
        {title}
      </h2>
      {children}
    </section>
  );
}

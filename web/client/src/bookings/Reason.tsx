import { useWords } from "../text/text.tsx";
import type { BookingChange } from "./describeChange.ts";
import { bookingsWords } from "./words.ts";

/** The reason that was given for a change of a booking, if any. */
export function Reason({ of: { reason } }: { of: BookingChange }) {
  const text = useWords(bookingsWords);
  if (!reason) return null;
  return (
    <p className="max-w-prose whitespace-pre-line wrap-anywhere">
      <span className="sr-only">{text.reasonGiven}: </span>
      <q>{reason}</q>
    </p>
  );
}

import type { BookingStatus } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { bookingsWords } from "./words.ts";

const LOOKS: Record<BookingStatus, { shape: string; className: string }> = {
  HELD: { shape: "◷", className: "border-accent bg-soft text-accent" },
  PENDING: { shape: "…", className: "border-transparent bg-held-bg text-held" },
  CONFIRMED: { shape: "✓", className: "border-transparent bg-soft text-accent" },
  COMPLETED: { shape: "●", className: "border-transparent bg-gone-bg text-gone" },
  NO_SHOW: { shape: "!", className: "border-transparent bg-danger-bg text-danger" },
  CANCELLED: { shape: "✕", className: "border-gone-bg bg-gone-bg text-gone" },
  EXPIRED: { shape: "◌", className: "border-dashed border-gone bg-transparent text-gone" },
};

/** Status of a booking as text, with a shape beside the color. */
export function StatusBadge({ status }: { status: BookingStatus }) {
  const text = useWords(bookingsWords);
  const { shape, className } = LOOKS[status];
  return (
    <p
      data-status={status}
      className={`inline-flex h-6 w-fit shrink-0 items-center gap-1 rounded-full border px-2 text-xs font-medium whitespace-nowrap transition-colors duration-200 ${className}`}
    >
      <span aria-hidden>{shape}</span>
      {text.status[status]}
    </p>
  );
}

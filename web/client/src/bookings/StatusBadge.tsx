import type { BookingStatus } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { bookingsWords } from "./words.ts";

const LOOKS: Record<BookingStatus, { icon: IconName; className: string }> = {
  HELD: { icon: "clock", className: "border-accent bg-soft text-accent" },
  PENDING: { icon: "clock", className: "border-transparent bg-held-bg text-held" },
  CONFIRMED: { icon: "check", className: "border-transparent bg-soft text-accent" },
  COMPLETED: { icon: "check", className: "border-transparent bg-gone-bg text-gone" },
  NO_SHOW: { icon: "close", className: "border-transparent bg-danger-bg text-danger" },
  CANCELLED: { icon: "close", className: "border-gone-bg bg-gone-bg text-gone" },
  EXPIRED: { icon: "clock", className: "border-dashed border-gone bg-transparent text-gone" },
};

/** Status of a booking as text, with an icon in addition to the colour. */
export function StatusBadge({ status }: { status: BookingStatus }) {
  const text = useWords(bookingsWords);
  const { icon, className } = LOOKS[status];
  return (
    <p
      data-status={status}
      className={`inline-flex h-6 w-fit shrink-0 items-center gap-1 rounded-full border px-2 text-xs font-medium whitespace-nowrap transition-colors duration-200 ${className}`}
    >
      <Icon name={icon} className="size-3.5" />
      {text.status[status]}
    </p>
  );
}

import { useText } from "../text/text.tsx";
import { dateFormat } from "../time/intl.ts";
import { useFormats } from "../time/formats.ts";

interface DateLeafProps {
  instant: string;
  /** Whether the session is already over, or will never take place. */
  isOver: boolean;
}

/** The day of a session, drawn like a leaf of a tear-off calendar. */
export function DateLeaf({ instant, isOver }: DateLeafProps) {
  const { locale } = useText();
  const { dateOf } = useFormats();
  const date = new Date(dateOf(instant));
  const part = (options: Intl.DateTimeFormatOptions) =>
    dateFormat(locale, { ...options, timeZone: "UTC" }).format(date);
  return (
    <p
      className={`grid w-24 shrink-0 overflow-hidden rounded-lg border text-center sm:w-33 ${isOver ? "border-line bg-gone-bg text-gone" : "border-free-line bg-free-bg text-accent"}`}
    >
      <span
        className={`py-1 text-xs font-semibold first-letter:uppercase sm:text-sm ${isOver ? "" : "bg-accent text-on-accent"}`}
      >
        {part({ weekday: "long" })}
      </span>
      <span className="display pt-2 text-2xl sm:pt-4 sm:text-[56px]/[1]">
        {part({ day: "numeric" }).replace(/\D/g, "")}
      </span>
      <span className="pb-3 text-sm font-semibold sm:pb-4">{part({ month: "long" })}</span>
    </p>
  );
}

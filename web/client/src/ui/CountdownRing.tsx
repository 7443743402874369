import { formatRemaining } from "../time/formatRemaining.ts";
import { useNow } from "../time/clock.ts";

const LAST_MINUTE_MS = 60_000;

interface RingProps {
  /** Fraction of the time that is left, from 0 to 1. */
  share: number;
  className: string;
  /** Width of the line, in units of 1/24 of the ring's width. */
  line: number;
}

/** Ring that empties counterclockwise. */
export function Ring({ share, className, line }: RingProps) {
  const shape = {
    cx: 12,
    cy: 12,
    r: 12 - line / 2,
    fill: "none",
    stroke: "currentColor",
    strokeWidth: line,
  };
  return (
    <svg viewBox="0 0 24 24" aria-hidden className={`-rotate-90 ${className}`}>
      <circle {...shape} opacity={0.25} />
      <circle
        {...shape}
        pathLength={1}
        strokeLinecap="round"
        strokeDasharray={`${Math.min(1, Math.max(0, share))} 1`}
        className="transition-[stroke-dasharray] duration-1000 ease-linear"
      />
    </svg>
  );
}

interface CountdownRingProps {
  /** Instants between which the ring empties. */
  from: string;
  until: string;
  /** Name of the countdown for screen readers, which do not announce each second. */
  label: string;
  className?: string;
}

/** The remaining time of a hold, in a ring that empties. */
export function CountdownRing({ from, until, label, className = "size-14" }: CountdownRingProps) {
  const now = useNow(1_000);
  const left = Date.parse(until) - now;
  const share = left / Math.max(1, Date.parse(until) - Date.parse(from));
  return (
    <p
      role="timer"
      aria-label={label}
      className={`relative grid shrink-0 place-items-center text-sm tabular-nums ${left < LAST_MINUTE_MS ? "font-semibold" : "font-medium"} ${className}`}
    >
      <Ring share={share} line={2} className="absolute inset-0 size-full text-accent" />
      {formatRemaining(until, now)}
    </p>
  );
}

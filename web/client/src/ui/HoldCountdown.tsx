import { useNow } from "../time/clock.ts";
import { formatRemaining } from "../time/formatRemaining.ts";
import { Ring } from "./CountdownRing.tsx";

/** Time in which the ring of another person's hold empties. */
const RING_MS = 300_000;

/** Remaining time of another person's hold, beside a small ring that empties. */
export function HoldCountdown({ until }: { until: string }) {
  const now = useNow(1_000);
  return (
    <span className="inline-flex items-center gap-1">
      <Ring share={(Date.parse(until) - now) / RING_MS} line={4} className="size-3.5" />
      {formatRemaining(until, now)}
    </span>
  );
}

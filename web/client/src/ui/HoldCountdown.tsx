import { Ring } from "./CountdownRing.tsx";

/** Time in which the ring of somebody else's hold empties. */
const RING_MS = 300_000;

/** Small ring that empties until somebody else's hold ends. */
export function HoldRing({ until, now }: { until: string; now: number }) {
  return <Ring share={(Date.parse(until) - now) / RING_MS} line={4} className="size-3.5" />;
}

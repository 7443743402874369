import type { Formats } from "../time/formats.ts";

interface Held {
  readonly startsAt: string;
  readonly minutes: number;
  readonly expert: { readonly slug: string };
}

/** Return the path at which a hold is booked. */
export function holdPath({ startsAt, minutes, expert }: Held, formats: Formats): string {
  const day = formats.dateOf(startsAt);
  const query = new URLSearchParams({ minutes: String(minutes), day, step: "details" });
  return `/experts/${expert.slug}?${query}`;
}

import type { Formats } from "../time/formats.ts";

interface Held {
  readonly startsAt: string;
  readonly minutes: number;
  readonly expert: { readonly slug: string };
}

/** Return the path of the page on which the user can book a hold. */
export function holdPath({ startsAt, minutes, expert }: Held, formats: Formats): string {
  const day = formats.dateOf(startsAt);
  const query = new URLSearchParams({ minutes: String(minutes), day, step: "details" });
  return `/experts/${expert.slug}?${query}`;
}

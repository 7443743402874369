interface Offering {
  readonly offers: readonly { readonly minutes: number }[];
}

/**
 * Return the session length, in minutes, that a URL asks for. If the expert does not offer this
 * length, return the length of the first offer.
 */
export function offeredMinutes({ offers }: Offering, asked: string | null): number {
  const found = offers.find(({ minutes }) => minutes === Number(asked)) ?? offers[0];
  return found?.minutes ?? 60;
}

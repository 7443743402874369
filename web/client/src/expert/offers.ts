interface Offering {
  readonly offers: readonly { readonly minutes: number }[];
}

/** Return the session length that a URL asks for if it is offered, otherwise the first offer's. */
export function offeredMinutes({ offers }: Offering, asked: string | null): number {
  const found = offers.find(({ minutes }) => minutes === Number(asked)) ?? offers[0];
  return found?.minutes ?? 60;
}

import type { Formats } from "../time/formats.ts";

/** Parts of a day, each with the hour at which it begins. */
const STARTS = [
  ["night", 0],
  ["morning", 6],
  ["afternoon", 12],
  ["evening", 17],
] as const;

export type PartOfDay = (typeof STARTS)[number][0];

/**
 * Group the slots of a day by the part of the day, in the reader's time zone, in which they begin.
 */
export function byPartOfDay<S extends { readonly startsAt: string }>(
  slots: readonly S[],
  { hourOf }: Pick<Formats, "hourOf">,
): { part: PartOfDay; slots: S[] }[] {
  const groups: { part: PartOfDay; slots: S[] }[] = [];
  for (const slot of slots) {
    const hour = hourOf(slot.startsAt);
    const part = STARTS.findLast(([, start]) => start <= hour)?.[0] ?? "night";
    const last = groups.at(-1);
    if (last?.part === part) last.slots.push(slot);
    else groups.push({ part, slots: [slot] });
  }
  return groups;
}

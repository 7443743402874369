import type { PlaceKind } from "../api/gql/graphql.ts";
import { telUrl } from "../text/contactUrls.ts";
import { useWords } from "../text/text.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { placeWords } from "./words.ts";

/** The place of a session; only the parties to a booking see its details. */
export interface SessionPlace {
  readonly kind: PlaceKind;
  readonly details: string | null;
}

export const PLACE_KINDS: readonly PlaceKind[] = ["VIDEO", "PHONE", "IN_PERSON"];

export const PLACE_ICONS: Record<PlaceKind, IconName> = {
  VIDEO: "video",
  PHONE: "phone",
  IN_PERSON: "pin",
};

/** The kind of place where a session is held, with an icon. */
export function PlaceLabel({ kind }: { kind: PlaceKind }) {
  const text = useWords(placeWords);
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon name={PLACE_ICONS[kind]} className="size-4" />
      {text.kinds[kind]}
    </span>
  );
}

/** The details of a session's place, as the expert sees them. */
export function ExpertsPlaceDetails({ place: { kind, details } }: { place: SessionPlace }) {
  const text = useWords(placeWords);
  if (!details) return kind === "PHONE" ? text.youCall : null;
  return kind === "VIDEO" ? (
    <a href={details} target="_blank" rel="noreferrer" className="font-medium">
      {text.join}
    </a>
  ) : (
    <span className="whitespace-pre-line text-muted">{details}</span>
  );
}

interface PlaceDetailsProps {
  place: SessionPlace;
  expertName: string;
}

/**
 * The details of a session's place, as the client sees them: a link, a phone number, a postal
 * address, or a note that the expert will call or send a link.
 */
export function PlaceDetails({ place: { kind, details }, expertName }: PlaceDetailsProps) {
  const text = useWords(placeWords);
  if (kind === "IN_PERSON") return <span className="whitespace-pre-line">{details}</span>;
  if (!details) return kind === "VIDEO" ? text.linkFollows(expertName) : text.callsYou(expertName);
  return kind === "VIDEO" ? (
    <a href={details} target="_blank" rel="noreferrer" className="font-medium">
      {text.join}
    </a>
  ) : (
    <a href={telUrl(details)} className="font-medium tabular-nums">
      {text.call(details)}
    </a>
  );
}

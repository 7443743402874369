import type { ReactNode } from "react";

import type { BookingDetailsFragment } from "../api/gql/graphql.ts";
import { PLACE_ICONS, PlaceDetails } from "../place/Place.tsx";
import { placeWords } from "../place/words.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { bookingPageWords } from "./pageWords.ts";

const OPENS_BEFORE_MS = 10 * 60_000;

/**
 * Tells the client how to join a session: by phone, at a street address, or through a link to the
 * video call, which works from ten minutes before the session.
 */
export function JoinSession({ booking }: { booking: BookingDetailsFragment }) {
  const text = useWords(bookingPageWords);
  const { place, expert, contact } = booking;
  if (booking.status === "PENDING") {
    return (
      <Strip icon="clock" className="bg-held-bg text-held">
        <p className="font-semibold">{text.waits(expert.name)}</p>
        <p className="text-sm">{text.waitsBody}</p>
      </Strip>
    );
  }
  if (place.kind === "VIDEO" && place.details) {
    return <VideoRoom url={place.details} startsAt={booking.startsAt} />;
  }
  const isCalled = place.kind === "PHONE" && !place.details;
  return (
    <Strip icon={PLACE_ICONS[place.kind]} className="bg-sunken">
      <p className="font-semibold wrap-anywhere">
        <PlaceDetails place={place} expertName={expert.name} />
      </p>
      {isCalled && contact && (
        <p className="text-sm text-muted tabular-nums">{text.yourNumber(contact.phone)}</p>
      )}
    </Strip>
  );
}

function VideoRoom({ url, startsAt }: { url: string; startsAt: string }) {
  const text = useWords(bookingPageWords);
  const places = useWords(placeWords);
  const formats = useFormats();
  const now = useNow(60_000);
  const opensAt = new Date(Date.parse(startsAt) - OPENS_BEFORE_MS).toISOString();
  const isOpen = now >= Date.parse(opensAt);
  const isToday = formats.dateOf(opensAt) === formats.dateOf(new Date(now));
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 bg-sunken px-5 py-5 md:px-8">
      {isOpen ? (
        <a
          href={url}
          target="_blank"
          rel="noreferrer"
          className={`${buttonClass("primary")} print:hidden`}
        >
          <Icon name="video" />
          {places.join}
        </a>
      ) : (
        <Button disabled className="print:hidden">
          <Icon name="video" />
          {places.join}
        </Button>
      )}
      <div className="min-w-0">
        <p className="font-semibold">
          {isOpen
            ? text.open
            : isToday
              ? text.opensAt(formats.time(opensAt))
              : text.opensOn(formats.moment(opensAt))}
        </p>
        {!isOpen && <p className="text-sm text-muted print:hidden">{text.lightsUp}</p>}
        <p className="hidden text-sm wrap-anywhere print:block">{url}</p>
      </div>
    </div>
  );
}

interface StripProps {
  icon: IconName;
  className: string;
  children: ReactNode;
}

function Strip({ icon, className, children }: StripProps) {
  return (
    <div className={`flex items-start gap-4 px-5 py-5 md:px-8 ${className}`}>
      <Icon name={icon} className="mt-0.5 size-5" />
      <div className="min-w-0">{children}</div>
    </div>
  );
}

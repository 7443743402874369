import { useQuery } from "@apollo/client/react";
import { useId, useRef, useState } from "react";

import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { BOOKING_REVIEW } from "./documents.ts";
import { OwnReview } from "./OwnReview.tsx";
import { ReviewForm } from "./ReviewForm.tsx";
import { ReviewItem } from "./ReviewItem.tsx";
import { reviewWords } from "./words.ts";

interface BookingReviewProps {
  bookingId: string;
  expert: { readonly id: string; readonly name: string };
  /** Whether the viewer is the booking's client. */
  isOwn: boolean;
  /** Number of stars that the client has already chosen for a new review. */
  stars?: number | undefined;
}

/**
 * The review of a completed booking. The booking's client can write, edit and remove the review;
 * everybody else can only read it.
 */
export default function BookingReview({ bookingId, expert, isOwn, stars }: BookingReviewProps) {
  const text = useWords(reviewWords);
  const formats = useFormats();
  const { viewer } = useViewer();
  const id = useId();
  const now = useNow(60_000);
  const heading = useRef<HTMLHeadingElement>(null);
  const [isEditing, setEditing] = useState(false);
  const { data } = useQuery(BOOKING_REVIEW, {
    variables: { id: bookingId },
    fetchPolicy: "cache-and-network",
  });
  const until = data?.booking?.reviewableUntil;
  const review = data?.booking?.review;
  const isOpen = isOwn && Boolean(until) && Date.parse(until ?? "") > now;
  if (!until || !(review ?? isOpen)) return null;
  const [firstName = expert.name] = expert.name.split(" ");
  const day = formats.day(formats.dateOf(until));
  const finish = () => {
    setEditing(false);
    heading.current?.focus();
  };

  return (
    <section
      id="review"
      aria-labelledby={id}
      className={`grid scroll-mt-6 content-start gap-4 ${isOwn ? "card p-5 md:p-7" : "border-t border-line pt-4"}`}
    >
      <h2 id={id} ref={heading} tabIndex={-1} className="text-lg outline-none wrap-anywhere">
        {!isOwn ? text.ofClient : review ? text.yours : text.ask(firstName)}
      </h2>
      {!isOwn && review ? (
        <ReviewItem
          review={review}
          expertName={firstName}
          canAnswer={viewer?.expert?.id === expert.id}
          canHide={viewer?.role === "ADMIN"}
        />
      ) : review && !isEditing ? (
        <OwnReview
          review={review}
          expertName={firstName}
          day={day}
          canChange={isOpen}
          onEdit={() => setEditing(true)}
          onRemoved={finish}
        />
      ) : (
        <ReviewForm
          bookingId={bookingId}
          review={review ?? undefined}
          stars={stars}
          day={day}
          onDone={finish}
          onCancel={review ? finish : undefined}
        />
      )}
    </section>
  );
}

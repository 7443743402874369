import { useQuery } from "@apollo/client/react";
import { Link, useParams } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { Failure } from "../app/Failure.tsx";
import { Message } from "../app/Message.tsx";
import { ExpertSkeleton } from "../expert/ExpertSkeleton.tsx";
import { useWords } from "../text/text.tsx";
import { useTimePreferences } from "../time/preferences.ts";
import { buttonClass } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { Reschedule } from "./Reschedule.tsx";
import { bookingsWords } from "./words.ts";

const BOOKING_TO_MOVE = graphql(`
  query BookingToMove($id: ID!) {
    booking(id: $id) {
      ...MovableBooking @unmask
    }
  }
`);

graphql(`
  fragment MovableBooking on Booking {
    id
    reference
    status
    startsAt
    endsAt
    minutes
    sequence
    cancellableUntil
    viewerActions
    price {
      amount
      currency
      decimals
    }
    expert {
      id
      slug
      name
      title
      photoUrl
      offers {
        minutes
        price {
          amount
          currency
          decimals
        }
      }
      availability {
        horizonDays
        confirmsAutomatically
      }
    }
  }
`);

/** Page `/bookings/:id/reschedule`, where a client chooses another time for a booking. */
export default function ReschedulePage() {
  const { id = "" } = useParams();
  const text = useWords(bookingsWords);
  const { zone } = useTimePreferences();
  const { data, error, refetch } = useQuery(BOOKING_TO_MOVE, {
    variables: { id },
    fetchPolicy: "cache-and-network",
  });
  const booking = data?.booking;
  useTitle(booking ? text.move.title(booking.expert.name) : text.title);
  if (booking?.viewerActions.includes("RESCHEDULE")) {
    return <Reschedule key={`${booking.id} ${zone}`} booking={booking} />;
  }
  if (data) {
    return (
      <Message title={text.move.cannot} body={text.move.cannotBody}>
        <Link to={`/bookings/${id}`} className={buttonClass("primary")}>
          {text.move.back}
        </Link>
      </Message>
    );
  }
  return error ? <Failure retry={() => void refetch()} isOffline /> : <ExpertSkeleton />;
}

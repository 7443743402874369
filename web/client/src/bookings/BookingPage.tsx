import { useQuery, useSubscription } from "@apollo/client/react";
import { useEffect, useRef } from "react";
import { Link, Navigate, useNavigate, useParams } from "react-router";

import { useConnection } from "../api/connection.ts";
import { graphql } from "../api/gql/gql.ts";
import { appWords } from "../app/words.ts";
import { Failure } from "../app/Failure.tsx";
import { Message } from "../app/Message.tsx";
import { isMalformedId } from "../api/malformedId.ts";
import { holdPath } from "../holds/holdPath.ts";
import { signInPath, useViewer, type Viewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { toastError } from "../ui/toast.tsx";
import { BookingDetails } from "./BookingDetails.tsx";
import { BookingsSkeleton } from "./BookingsSkeleton.tsx";
import { bookingPageWords } from "./pageWords.ts";

graphql(`
  fragment BookingDetails on Booking {
    ...BookingCard @unmask
    contact {
      name
      email
      phone
    }
    client {
      id
      name
    }
  }
`);

const BOOKING_PAGE = graphql(`
  query BookingPage($id: ID!) {
    booking(id: $id) {
      ...BookingDetails @unmask
    }
  }
`);

const PAGE_BOOKING_CHANGED = graphql(`
  subscription PageBookingChanged {
    bookingChanged {
      ...BookingDetails
    }
  }
`);

/** Page `/bookings/:id`, on which a client can join, move or cancel a session. */
export default function BookingPage() {
  const { id = "" } = useParams();
  const { viewer } = useViewer();
  return viewer ? <Booking key={id} id={id} viewer={viewer} /> : null;
}

function Booking({ id, viewer }: { id: string; viewer: Viewer }) {
  const text = useWords(bookingPageWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const now = useNow(1_000);
  const { data, error, refetch } = useQuery(BOOKING_PAGE, {
    variables: { id },
    fetchPolicy: "cache-and-network",
  });
  useSubscription(PAGE_BOOKING_CHANGED, { ignoreResults: true });
  useRefetchAfterReconnect(refetch);
  const booking = data?.booking;
  useTitle(booking ? text.title(booking.expert.name) : error ? errors.title : text.all);

  if (booking) {
    const isOwn = booking.client.id === viewer.id;
    if (!isOwn && booking.expert.id === viewer.expert?.id) {
      return <Navigate to={`/desk?booking=${id}`} replace />;
    }
    const isHeld = booking.status === "HELD" && Date.parse(booking.heldUntil ?? "") > now;
    if (isOwn && isHeld) return <Navigate to={holdPath(booking, formats)} replace />;
    return <BookingDetails booking={booking} viewer={viewer} />;
  }
  if (data || isMalformedId(error)) return <Unknown viewer={viewer} />;
  return error ? <Failure retry={() => void refetch()} isOffline /> : <BookingsSkeleton />;
}

/** Refetch the booking after a reconnect, because events may have been missed. */
function useRefetchAfterReconnect(refetch: () => Promise<unknown>): void {
  const { reconnects } = useConnection();
  const handled = useRef(reconnects);
  useEffect(() => {
    if (handled.current === reconnects) return;
    handled.current = reconnects;
    refetch().catch(() => undefined);
  }, [reconnects, refetch]);
}

/** Message that this account has no such booking; offers sign-in with another e-mail address. */
function Unknown({ viewer }: { viewer: Viewer }) {
  const text = useWords(bookingPageWords);
  const { errors } = useWords(appWords);
  const { signOut } = useViewer();
  const navigate = useNavigate();
  const { id = "" } = useParams();

  async function changeAddress(): Promise<void> {
    try {
      await signOut();
      await navigate(signInPath(`/bookings/${id}`, "code"));
    } catch {
      void toastError(errors.unexpected);
    }
  }

  return (
    <Message title={text.unknown} body={text.unknownBody(viewer.email)}>
      <Link to="/bookings" className={buttonClass("primary")}>
        {text.all}
      </Link>
      <Button onClick={() => void changeAddress()}>{text.otherAddress}</Button>
    </Message>
  );
}

import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";

import { Failure } from "../app/Failure.tsx";
import { Message } from "../app/Message.tsx";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { isMalformedId } from "../api/malformedId.ts";
import { ONE_DESK_BOOKING } from "./deskBookings.ts";
import { DeskCard } from "./DeskCard.tsx";
import { DeskSkeleton } from "./DeskSkeleton.tsx";
import { deskWords } from "./words.ts";

/** The booking selected in the address: `/desk?booking=…`. */
export function SelectedBooking({ id, onStepDone }: { id: string; onStepDone: () => void }) {
  const text = useWords(deskWords);
  const { data, error, refetch } = useQuery(ONE_DESK_BOOKING, {
    variables: { id },
    fetchPolicy: "cache-and-network",
  });
  const all = (
    <Link to="/desk" className={`${buttonClass()} justify-self-start`}>
      {text.all}
    </Link>
  );
  const isGone = data ? !data.booking : isMalformedId(error);
  if (error && !data && !isGone) return <Failure retry={() => void refetch()} isOffline />;
  if (isGone) {
    return (
      <Message heading="h2" title={text.gone} body={text.goneBody}>
        {all}
      </Message>
    );
  }
  if (!data?.booking) return <DeskSkeleton />;
  return (
    <section aria-labelledby="chosen" className="grid gap-3">
      <h2 id="chosen" className="text-lg">
        {text.selected}
      </h2>
      <div className="card">
        <DeskCard booking={data.booking} showsDay onStepDone={onStepDone} />
      </div>
      {all}
    </section>
  );
}

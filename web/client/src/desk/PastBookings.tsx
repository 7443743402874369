import { useId, useState } from "react";

import type { DeskBookingsQueryVariables } from "../api/gql/graphql.ts";
import { Failure } from "../app/Failure.tsx";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { BookingsByDay } from "./BookingsByDay.tsx";
import { DeskSkeleton } from "./DeskSkeleton.tsx";
import { ShowMore } from "../ui/ShowMore.tsx";
import { useDeskBookings } from "./useDeskBookings.ts";
import { deskWords } from "./words.ts";

interface PastBookingsProps {
  /** Variables of the GraphQL query for the list's first page. */
  variables: DeskBookingsQueryVariables;
  today: string;
  onStepDone: () => void;
}

/** Bookings before today, latest first, which are loaded only after a click. */
export function PastBookings(props: PastBookingsProps) {
  const text = useWords(deskWords);
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  return (
    <section aria-label={text.earlier} className="grid gap-6 border-t border-line pt-6">
      <Button
        className="justify-self-center"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        {isOpen ? text.hideEarlier : text.showEarlier}
      </Button>
      <div id={id} hidden={!isOpen} className="grid gap-6">
        {isOpen && <List {...props} />}
      </div>
    </section>
  );
}

function List({ variables, today, onStepDone }: PastBookingsProps) {
  const text = useWords(deskWords);
  const list = useDeskBookings(variables);
  if (list.error) return <Failure retry={list.retry} isOffline />;
  if (!list.bookings) return <DeskSkeleton />;
  if (!list.bookings.length) return <p className="text-center text-muted">{text.noEarlier}</p>;
  return (
    <>
      <BookingsByDay bookings={list.bookings} today={today} onStepDone={onStepDone} />
      <ShowMore of={list} />
    </>
  );
}

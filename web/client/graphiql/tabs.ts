import type { ComponentProps } from "react";
import type { GraphiQL } from "graphiql";

import bookSlot from "./operations/BookSlot.graphql?raw";
import declineBooking from "./operations/DeclineBooking.graphql?raw";
import figures from "./operations/Figures.graphql?raw";
import findBookings from "./operations/FindBookings.graphql?raw";
import freeExperts from "./operations/FreeExperts.graphql?raw";
import freeTimes from "./operations/FreeTimes.graphql?raw";
import joinWaitlist from "./operations/JoinWaitlist.graphql?raw";
import noteBooking from "./operations/NoteBooking.graphql?raw";
import reviews from "./operations/Reviews.graphql?raw";
import signIn from "./operations/SignIn.graphql?raw";
import watchCalendar from "./operations/WatchCalendar.graphql?raw";

type Tabs = NonNullable<ComponentProps<typeof GraphiQL>["defaultTabs"]>;

/**
 * Example operations: first those of a client, in the order of a booking (find a free time, sign
 * in, book or wait, watch, read reviews); then those of an expert.
 */
export const tabs: Tabs = [
  tab(freeTimes),
  tab(freeExperts, { from: "", to: "" }),
  tab(signIn, { input: { email: "", password: "" } }),
  tab(bookSlot, {
    slotId: "",
    contact: { name: "", email: "", phone: "" },
  }),
  tab(joinWaitlist, { input: { expertId: "", from: "", to: "", minutes: 60 } }),
  tab(watchCalendar, { expertId: "" }),
  tab(reviews),
  tab(findBookings, { search: "" }),
  tab(figures, { from: "", to: "" }),
  tab(declineBooking, { bookingId: "", reason: "" }),
  tab(noteBooking, { bookingId: "", note: "" }),
];

function tab(query: string, variables?: object): Tabs[number] {
  return { query, variables: variables ? JSON.stringify(variables, null, 2) : null };
}

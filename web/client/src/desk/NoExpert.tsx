import { Link } from "react-router";

import { Message } from "../app/Message.tsx";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { deskWords } from "./words.ts";

/** Message for signed-in viewers who are not experts. */
export function NoExpert() {
  const text = useWords(deskWords);
  return (
    <Message title={text.noExpertTitle} body={text.noExpert}>
      <Link to="/bookings" className={buttonClass("primary")}>
        {text.bookings}
      </Link>
    </Message>
  );
}

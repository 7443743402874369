import { Link } from "react-router";

import { buttonClass } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { Message } from "./Message.tsx";
import { useWords } from "../text/text.tsx";
import { appWords } from "./words.ts";

/** Page for URLs that no route matches. */
export function NotFound() {
  const { errors } = useWords(appWords);
  useTitle(errors.notFoundTitle);
  return (
    <Message title={errors.notFoundTitle} body={errors.notFoundBody} code={404}>
      <Link to="/experts" className={buttonClass("primary")}>
        {errors.home}
      </Link>
    </Message>
  );
}

import { Link } from "react-router";

import { Button, buttonClass } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { Message } from "./Message.tsx";
import { useWords } from "../text/text.tsx";
import { appWords } from "./words.ts";

/** Error message in place of a page that failed, with a button to retry. */
export function Failure({ retry, isOffline = false }: { retry: () => void; isOffline?: boolean }) {
  const { errors } = useWords(appWords);
  useTitle(errors.title);
  return (
    <Message title={errors.title} body={isOffline ? errors.offline : errors.body}>
      <Button kind="primary" onClick={retry}>
        {errors.again}
      </Button>
      <Link to="/experts" className={buttonClass()}>
        {errors.home}
      </Link>
    </Message>
  );
}

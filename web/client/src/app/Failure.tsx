import { Link } from "react-router";

import { useRecovery } from "../api/online.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { Message } from "./Message.tsx";
import { useWords } from "../text/text.tsx";
import { appWords } from "./words.ts";

interface FailureProps {
  retry: () => void;
  /** Whether the server could not be reached; if so, the request is repeated automatically. */
  isOffline?: boolean;
}

/** Error message in place of a page that could not be loaded; retries when the network is back. */
export function Failure({ retry, isOffline = false }: FailureProps) {
  const { errors } = useWords(appWords);
  useRecovery(retry, isOffline);
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

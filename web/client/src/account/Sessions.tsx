import { useMutation, useQuery } from "@apollo/client/react";
import { useRef } from "react";

import { graphql } from "../api/gql/gql.ts";
import type { SessionsQuery } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Loading } from "../ui/Loading.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { SignOutEverywhere } from "./SignOutEverywhere.tsx";
import { accountWords } from "./words.ts";

const SESSIONS = graphql(`
  query Sessions {
    viewer {
      id
      sessions {
        id
        device
        startedAt
        lastUsedAt
        current
      }
    }
  }
`);

const END_SESSION = graphql(`
  mutation EndSession($id: ID!) {
    endSession(sessionId: $id)
  }
`);

type Session = NonNullable<SessionsQuery["viewer"]>["sessions"][number];

/** The devices that are signed in to the account; each can be signed out. */
export function Sessions() {
  const words = useWords(accountWords);
  const { errors } = useWords(appWords);
  const list = useRef<HTMLUListElement>(null);
  const { data, error, refetch } = useQuery(SESSIONS, { fetchPolicy: "cache-and-network" });
  const [end, { loading }] = useMutation(END_SESSION);

  async function endSession({ id, device }: Session): Promise<void> {
    try {
      await end({ variables: { id } });
      await refetch();
      list.current?.focus();
      void toast(words.sessionEnded(words.device(device)));
    } catch {
      void toastError(errors.unexpected);
    }
  }

  return (
    <div className="grid justify-items-start gap-5">
      {!data?.viewer && (error ? <p className="text-danger">{errors.unexpected}</p> : <Loading />)}
      {data?.viewer && (
        <ul
          ref={list}
          tabIndex={-1}
          aria-label={words.everywhereTitle}
          className="grid w-full divide-y divide-line outline-none"
        >
          {data.viewer.sessions.map((session) => (
            <SessionItem
              key={session.id}
              session={session}
              isBusy={loading}
              onEnd={() => void endSession(session)}
            />
          ))}
        </ul>
      )}
      <SignOutEverywhere />
    </div>
  );
}

interface SessionItemProps {
  session: Session;
  isBusy: boolean;
  onEnd: () => void;
}

function SessionItem({ session, isBusy, onEnd }: SessionItemProps) {
  const words = useWords(accountWords);
  const formats = useFormats();
  const device = words.device(session.device);
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3">
      <div className="min-w-0">
        <p className="font-semibold wrap-anywhere">
          {device}
          {session.current && (
            <span className="ml-2 rounded-full bg-soft px-2.5 py-1 text-xs text-accent">
              {words.thisDevice}
            </span>
          )}
        </p>
        <p className="text-sm text-muted">
          {words.lastUsed(formats.moment(session.lastUsedAt))}
          <br />
          {words.since(formats.moment(session.startedAt))}
        </p>
      </div>
      {!session.current && (
        <Button isBusy={isBusy} aria-label={words.endSessionOf(device)} onClick={onEnd}>
          {words.endSession}
        </Button>
      )}
    </li>
  );
}

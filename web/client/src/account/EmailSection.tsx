import { useApolloClient, useMutation } from "@apollo/client/react";
import { type SubmitEvent, useEffect, useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import { appWords } from "../app/words.ts";
import { CodeForm } from "../session/CodeForm.tsx";
import { refusalFromError } from "../session/refusals.ts";
import { RequestProblem } from "../session/RequestProblem.tsx";
import { useCode } from "../session/useCode.ts";
import type { Viewer } from "../session/Viewer.tsx";
import { sessionWords } from "../session/words.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { accountWords } from "./words.ts";

const CHANGE_EMAIL = graphql(`
  mutation ChangeEmail($input: ChangeEmailInput!) {
    changeEmail(input: $input) {
      ... on User {
        id
        email
        emailVerified
      }
      ... on WrongCode {
        attemptsLeft
      }
      ... on TooManyAttempts {
        retryAfterSeconds
      }
      ... on InvalidInput {
        fields {
          field
          message
        }
      }
    }
  }
`);

const RESEND_VERIFICATION = graphql(`
  mutation ResendVerification {
    resendVerification
  }
`);

/** Shows the viewer's e-mail address and whether it is verified, with a form to change it. */
export function EmailSection({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  const [isChanging, setIsChanging] = useState(false);
  return (
    <div className="grid justify-items-start gap-4">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 font-medium wrap-anywhere">{viewer.email}</span>
        <VerifiedBadge isVerified={viewer.emailVerified} />
      </p>
      {!viewer.emailVerified && <VerificationHint />}
      {isChanging ? (
        <ChangeEmail onDone={() => setIsChanging(false)} />
      ) : (
        <Button onClick={() => setIsChanging(true)}>{words.changeEmail}</Button>
      )}
    </div>
  );
}

function VerifiedBadge({ isVerified }: { isVerified: boolean }) {
  const words = useWords(accountWords);
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full px-2.5 py-1 text-xs font-semibold ${isVerified ? "bg-soft text-accent" : "bg-held-bg text-held"}`}
    >
      {isVerified && <Icon name="check" className="size-3.5" />}
      {isVerified ? words.verified : words.notVerified}
    </span>
  );
}

function VerificationHint() {
  const words = useWords(accountWords);
  const { errors } = useWords(appWords);
  const session = useWords(sessionWords);
  const client = useApolloClient();
  const [resend, { loading }] = useMutation(RESEND_VERIFICATION);
  const [isSent, setIsSent] = useState(false);
  useEffect(() => {
    // The link in the e-mail opens in another tab, so check again when the user returns.
    function refetchViewer(): void {
      if (document.visibilityState === "visible") {
        client.refetchQueries({ include: ["Viewer"] }).catch(() => undefined);
      }
    }
    document.addEventListener("visibilitychange", refetchViewer);
    return () => document.removeEventListener("visibilitychange", refetchViewer);
  }, [client]);

  async function send(): Promise<void> {
    try {
      await resend();
      setIsSent(true);
    } catch (error) {
      void toastError(refusalFromError(error, session) ? session.tooMany : errors.unexpected);
    }
  }

  return (
    <div className="grid justify-items-start gap-2 rounded-md bg-held-bg px-4 py-3 text-held">
      <p className="font-semibold">{words.verifyTitle}</p>
      <p>{words.verify}</p>
      <p role="status" className="font-semibold empty:hidden">
        {isSent && words.linkSent}
      </p>
      {!isSent && (
        <Button isBusy={loading} onClick={() => void send()}>
          {words.resend}
        </Button>
      )}
    </div>
  );
}

function ChangeEmail({ onDone }: { onDone: () => void }) {
  const words = useWords(accountWords);
  const session = useWords(sessionWords);
  const [email, setEmail] = useState("");
  const [problem, setProblem] = useState<string>();
  const [change] = useMutation(CHANGE_EMAIL);
  const code = useCode(async (digits, email) => {
    const { data } = await change({ variables: { input: { email, code: digits } } });
    const answer = data?.changeEmail;
    switch (answer?.__typename) {
      case "User":
        void toast(words.emailChanged(answer.email));
        onDone();
        return null;
      case "WrongCode":
      case "TooManyAttempts":
        return answer;
      case "EmailTaken":
        setProblem(session.emailTaken);
        break;
      case "InvalidInput":
        setProblem(session.problem(answer.fields[0]?.message ?? ""));
    }
    return "change";
  });

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const address = email.trim();
    const isAddress = /^\S+@\S+$/.test(address);
    setProblem(isAddress ? undefined : address ? session.noEmail : session.required);
    if (isAddress && !code.isBusy) void code.request(address);
  }

  if (code.sentTo) {
    return (
      <div className="grid w-full max-w-form gap-4">
        <p className="text-muted">{session.codeSent(code.sentTo)}</p>
        <CodeForm code={code} submitLabel={words.changeEmail} busyLabel={words.changing}>
          <Button kind="plain" onClick={onDone}>
            {words.cancel}
          </Button>
        </CodeForm>
      </div>
    );
  }
  return (
    <form noValidate onSubmit={submit} className="grid w-full max-w-form gap-4">
      <RequestProblem code={code} />
      <Field
        label={words.newEmail}
        type="email"
        autoComplete="email"
        autoFocus
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        problem={problem}
      />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" kind="primary" isBusy={code.isBusy}>
          {code.isBusy ? session.sendingCode : session.sendCode}
        </Button>
        <Button kind="plain" onClick={onDone}>
          {words.cancel}
        </Button>
      </div>
    </form>
  );
}

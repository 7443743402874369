import { useMutation } from "@apollo/client/react";
import { type SubmitEvent, useState } from "react";

import { useWords } from "../text/text.tsx";
import { useTimePreferences } from "../time/preferences.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { CodeForm } from "./CodeForm.tsx";
import { SIGN_IN_WITH_CODE } from "./codes.ts";
import { RequestProblem } from "./RequestProblem.tsx";
import { useCode } from "./useCode.ts";
import { useViewer } from "./Viewer.tsx";
import { sessionWords } from "./words.ts";

interface CodeSignInProps {
  email: string;
  onEmail: (email: string) => void;
}

/**
 * Sign-in with a code that is sent to an e-mail address, even if the address has no account yet.
 */
export function CodeSignIn({ email, onEmail }: CodeSignInProps) {
  const words = useWords(sessionWords);
  const { signedIn } = useViewer();
  const { zone: timeZone } = useTimePreferences();
  const [signIn] = useMutation(SIGN_IN_WITH_CODE);
  const [problem, setProblem] = useState<string>();
  const code = useCode(async (digits, email) => {
    const { data } = await signIn({ variables: { input: { email, code: digits, timeZone } } });
    const answer = data?.signInWithCode;
    if (answer?.__typename === "InvalidInput") {
      setProblem(words.problem(answer.fields[0]?.message ?? ""));
      return "change";
    }
    if (answer?.__typename !== "SignedIn") return answer;
    await signedIn(answer.expiresAt);
    return null;
  });

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const address = email.trim();
    const isAddress = /^\S+@\S+$/.test(address);
    setProblem(isAddress ? undefined : address ? words.noEmail : words.required);
    if (isAddress && !code.isBusy) void code.request(address);
  }

  if (code.sentTo) {
    return (
      <div className="grid gap-5">
        <p className="text-muted">
          {words.codeSent(code.sentTo)}{" "}
          <button
            type="button"
            onClick={code.change}
            className="min-h-8 font-semibold text-accent underline"
          >
            {words.change}
          </button>
        </p>
        <CodeForm code={code} submitLabel={words.signIn} busyLabel={words.signingIn} />
      </div>
    );
  }
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <RequestProblem code={code} />
      <Field
        label={words.email}
        name="email"
        type="email"
        autoComplete="email"
        required
        value={email}
        onChange={(event) => onEmail(event.target.value)}
        problem={problem}
      />
      <Button type="submit" kind="primary" isBusy={code.isBusy}>
        {code.isBusy ? words.sendingCode : words.sendCode}
      </Button>
    </form>
  );
}

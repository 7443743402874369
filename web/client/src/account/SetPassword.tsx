import { useMutation } from "@apollo/client/react";
import { useState } from "react";

import { CodeForm } from "../session/CodeForm.tsx";
import { Form } from "../session/Form.tsx";
import { PasswordField } from "../session/PasswordField.tsx";
import { RequestProblem } from "../session/RequestProblem.tsx";
import { useCode } from "../session/useCode.ts";
import { useSubmission } from "../session/useSubmission.ts";
import { useViewer, type Viewer } from "../session/Viewer.tsx";
import { sessionWords } from "../session/words.ts";
import { useWords } from "../text/text.tsx";
import { toast } from "../ui/toast.tsx";
import { CHANGE_PASSWORD } from "./ChangePassword.tsx";
import { HiddenUsername } from "./HiddenUsername.tsx";
import { accountWords } from "./words.ts";

/** Form to set an account's first password, confirmed with a code sent by e-mail. */
export function SetPassword({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  const session = useWords(sessionWords);
  const { signedIn } = useViewer();
  const [change] = useMutation(CHANGE_PASSWORD);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string>();
  const code = useCode(async (digits) => {
    const { data } = await change({ variables: { input: { current: digits, password } } });
    const answer = data?.changePassword;
    switch (answer?.__typename) {
      case "SignedIn":
        await signedIn(answer.expiresAt);
        void toast(words.passwordSet);
        return null;
      case "InvalidInput":
        setProblem(session.problem(answer.fields[0]?.message ?? ""));
        return "change";
      default:
        return answer;
    }
  });
  const submission = useSubmission(async ({ password = "" }) => {
    setPassword(password);
    setProblem(undefined);
    await code.request(viewer.email);
    return null;
  });
  if (code.sentTo) {
    return (
      <div className="grid gap-4">
        <p className="text-muted">{session.codeSent(code.sentTo)}</p>
        <CodeForm
          code={code}
          submitLabel={words.setPassword}
          busyLabel={words.changing}
          problem={
            code.refusal?.reason === "WrongCredentials" ? session.wrongCodeUnknown : undefined
          }
        />
      </div>
    );
  }
  return (
    <>
      <RequestProblem code={code} />
      <Form submission={submission} submitLabel={session.sendCode} busyLabel={session.sendingCode}>
        <HiddenUsername email={viewer.email} />
        <PasswordField
          label={words.newPassword}
          name="password"
          autoComplete="new-password"
          hint={session.passwordRule}
          problem={problem ?? submission.refusal?.problems.password}
        />
      </Form>
    </>
  );
}

import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { useNavigate } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { CodeForm } from "../session/CodeForm.tsx";
import { RequestProblem } from "../session/RequestProblem.tsx";
import { useCode } from "../session/useCode.ts";
import { useViewer, type Viewer } from "../session/Viewer.tsx";
import { sessionWords } from "../session/words.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { toast } from "../ui/toast.tsx";
import { accountWords } from "./words.ts";

const DELETE_MY_ACCOUNT = graphql(`
  mutation DeleteMyAccount($input: DeleteMyAccountInput!) {
    deleteMyAccount(input: $input) {
      ... on AccountDeleted {
        cancelled
      }
      ... on WrongCode {
        attemptsLeft
      }
      ... on TooManyAttempts {
        retryAfterSeconds
      }
    }
  }
`);

/** Deletes the account after the viewer has entered a confirmation code sent by e-mail. */
export function DeleteAccount({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  const session = useWords(sessionWords);
  const { signOut } = useViewer();
  const navigate = useNavigate();
  const [remove] = useMutation(DELETE_MY_ACCOUNT);
  const [isRefused, setIsRefused] = useState(false);
  const code = useCode(
    async (digits) => {
      const { data } = await remove({ variables: { input: { code: digits } } });
      const answer = data?.deleteMyAccount;
      if (answer?.__typename === "NotAllowed") setIsRefused(true);
      if (answer?.__typename !== "AccountDeleted") return answer;
      await signOut();
      void navigate("/");
      void toast(words.deleted);
      return null;
    },
    // Typing the code's last digit must not delete the account; the viewer has to press a button.
    { submitsItself: false },
  );
  return code.sentTo ? (
    <div className="grid gap-4">
      <p className="text-muted">{session.codeSent(code.sentTo)}</p>
      <CodeForm
        code={code}
        kind="danger"
        submitLabel={words.delete}
        busyLabel={words.deleting}
        problem={isRefused ? words.lastAdministrator : undefined}
      >
        <Button kind="plain" onClick={code.change}>
          {words.cancel}
        </Button>
      </CodeForm>
    </div>
  ) : (
    <div className="grid justify-items-start gap-3">
      <RequestProblem code={code} />
      <Button kind="danger" isBusy={code.isBusy} onClick={() => void code.request(viewer.email)}>
        {code.isBusy ? session.sendingCode : words.deleteWithCode}
      </Button>
    </div>
  );
}

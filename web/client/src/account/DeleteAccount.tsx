import { useMutation } from "@apollo/client/react";
import { useNavigate } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { Form } from "../session/Form.tsx";
import { PasswordField } from "../session/PasswordField.tsx";
import { useSubmission } from "../session/useSubmission.ts";
import { useViewer, type Viewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { toast } from "../ui/toast.tsx";
import { HiddenUsername } from "./HiddenUsername.tsx";
import { accountWords } from "./words.ts";

const DELETE_MY_ACCOUNT = graphql(`
  mutation DeleteMyAccount($input: DeleteMyAccountInput!) {
    deleteMyAccount(input: $input) {
      ... on AccountDeleted {
        cancelled
      }
      ... on TooManyAttempts {
        retryAfterSeconds
      }
    }
  }
`);

/** Form to delete the account, with the password as the proof. */
export function DeleteAccount({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  const { signOut } = useViewer();
  const navigate = useNavigate();
  const [remove] = useMutation(DELETE_MY_ACCOUNT);
  const submission = useSubmission(async ({ code = "" }) => {
    const { data } = await remove({ variables: { input: { code } } });
    if (data?.deleteMyAccount.__typename !== "AccountDeleted") return data?.deleteMyAccount;
    await signOut();
    void navigate("/");
    void toast(words.deleted);
    return null;
  });
  const { refusal } = submission;
  return (
    <Form submission={submission} submitLabel={words.delete} busyLabel={words.deleting}>
      <HiddenUsername email={viewer.email} />
      <PasswordField
        label={words.current}
        name="code"
        autoComplete="current-password"
        problem={
          refusal?.reason === "WrongCode"
            ? words.wrongCurrent
            : refusal?.reason === "NotAllowed"
              ? words.lastAdministrator
              : refusal?.problems.code
        }
      />
    </Form>
  );
}

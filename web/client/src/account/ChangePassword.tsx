import { useMutation } from "@apollo/client/react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { Form } from "../session/Form.tsx";
import { PasswordField } from "../session/PasswordField.tsx";
import { useSubmission } from "../session/useSubmission.ts";
import { useViewer, type Viewer } from "../session/Viewer.tsx";
import { sessionWords } from "../session/words.ts";
import { useWords } from "../text/text.tsx";
import { toast } from "../ui/toast.tsx";
import { HiddenUsername } from "./HiddenUsername.tsx";
import { accountWords } from "./words.ts";

export const CHANGE_PASSWORD = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      ... on SignedIn {
        expiresAt
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

/** Form to change the password. The current session continues; all other sessions end. */
export function ChangePassword({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  const { passwordRule } = useWords(sessionWords);
  const { signedIn } = useViewer();
  const [change] = useMutation(CHANGE_PASSWORD);
  const submission = useSubmission(async ({ current = "", password = "" }, form) => {
    const { data } = await change({ variables: { input: { current, password } } });
    if (data?.changePassword.__typename !== "SignedIn") return data?.changePassword;
    form.reset();
    await signedIn(data.changePassword.expiresAt);
    void toast(words.changed);
    return null;
  });
  const { refusal } = submission;
  const isWrong = refusal?.reason === "WrongCredentials";
  return (
    <Form submission={submission} submitLabel={words.change} busyLabel={words.changing}>
      <HiddenUsername email={viewer.email} />
      <PasswordField
        label={words.current}
        name="current"
        autoComplete="current-password"
        problem={
          isWrong ? (
            <>
              {words.wrongCurrent}{" "}
              <Link to="/forgot-password" state={{ email: viewer.email }} className="underline">
                {words.forgot}
              </Link>
            </>
          ) : (
            refusal?.problems.current
          )
        }
      />
      <PasswordField
        label={words.newPassword}
        name="password"
        autoComplete="new-password"
        hint={passwordRule}
        problem={refusal?.problems.password}
      />
    </Form>
  );
}

import { useMutation } from "@apollo/client/react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { Form } from "../session/Form.tsx";
import { PasswordField } from "../session/PasswordField.tsx";
import { useAttempt } from "../session/useAttempt.ts";
import { useViewer, type Viewer } from "../session/Viewer.tsx";
import { sessionWords } from "../session/words.ts";
import { useWords } from "../text/text.tsx";
import { toast } from "../ui/toast.tsx";
import { accountWords } from "./words.ts";

const CHANGE_PASSWORD = graphql(`
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

/** Form to change the password. The current session continues; all others end. */
export function ChangePassword({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  const { passwordRule } = useWords(sessionWords);
  const { signedIn } = useViewer();
  const [change] = useMutation(CHANGE_PASSWORD);
  const attempt = useAttempt(async ({ current = "", password = "" }, form) => {
    const { data } = await change({ variables: { input: { current, password } } });
    if (data?.changePassword.__typename !== "SignedIn") return data?.changePassword;
    form.reset();
    await signedIn(data.changePassword.expiresAt);
    void toast(words.changed);
    return null;
  });
  const { refused } = attempt;
  const isWrong = refused?.why === "WrongCredentials";
  return (
    <Form attempt={attempt} action={words.change} busy={words.changing}>
      {/* Tells password managers which account the password belongs to. */}
      <input type="email" autoComplete="username" value={viewer.email} readOnly hidden />
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
            refused?.problems["current"]
          )
        }
      />
      <PasswordField
        label={words.newPassword}
        name="password"
        autoComplete="new-password"
        hint={passwordRule}
        problem={refused?.problems["password"]}
      />
    </Form>
  );
}

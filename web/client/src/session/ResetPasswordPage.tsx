import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { Message } from "../app/Message.tsx";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { Form } from "./Form.tsx";
import { FormCard } from "./FormCard.tsx";
import { PasswordField } from "./PasswordField.tsx";
import { useSubmission } from "./useSubmission.ts";
import { useLinkToken } from "./useLinkToken.ts";
import { useViewer } from "./Viewer.tsx";
import { sessionWords } from "./words.ts";

const RESET_PASSWORD = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      ... on SignedIn {
        expiresAt
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

/** Page `/reset-password`: sets a new password with the token from an e-mailed link. */
export default function ResetPasswordPage() {
  const words = useWords(sessionWords);
  const { signedIn } = useViewer();
  const token = useLinkToken();
  const [doneWith, setDoneWith] = useState<string | null>(null);
  const [reset] = useMutation(RESET_PASSWORD);
  const submission = useSubmission(async ({ password = "" }) => {
    if (!token) return { __typename: "LinkExpired" };
    const { data } = await reset({ variables: { input: { token, password } } });
    if (data?.resetPassword.__typename !== "SignedIn") return data?.resetPassword;
    setDoneWith(token);
    await signedIn(data.resetPassword.expiresAt);
    return null;
  });
  const isExpired = !token || submission.refusal?.reason === "LinkExpired";
  const isDone = token !== null && token === doneWith;
  useTitle(isDone ? words.resetDoneTitle : isExpired ? words.linkExpiredTitle : words.resetTitle);
  if (isDone) {
    return (
      <Message title={words.resetDoneTitle} body={words.resetDone}>
        <Link to="/bookings" className={buttonClass("primary")}>
          {words.toBookings}
        </Link>
        <Link to="/experts" className={buttonClass()}>
          {words.toExperts}
        </Link>
      </Message>
    );
  }
  if (isExpired) {
    return (
      <Message title={words.linkExpiredTitle} body={words.linkExpired}>
        <Link to="/forgot-password" className={buttonClass("primary")}>
          {words.newLink}
        </Link>
      </Message>
    );
  }
  return (
    <FormCard title={words.resetTitle} lead={words.resetLead}>
      <Form submission={submission} submitLabel={words.reset} busyLabel={words.resetting}>
        <PasswordField
          label={words.newPassword}
          name="password"
          autoComplete="new-password"
          hint={words.passwordRule}
          problem={submission.refusal?.problems.password}
        />
      </Form>
    </FormCard>
  );
}

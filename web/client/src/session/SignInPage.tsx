import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Link, Navigate, useLocation, useSearchParams } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { useWords } from "../text/text.tsx";
import { Field } from "../ui/Field.tsx";
import { useTitle } from "../ui/title.ts";
import { safeDestination } from "./destination.ts";
import { emailFromState } from "./email.ts";
import { Form } from "./Form.tsx";
import { FormCard } from "./FormCard.tsx";
import { PasswordField } from "./PasswordField.tsx";
import { useSubmission } from "./useSubmission.ts";
import { useViewer } from "./Viewer.tsx";
import { sessionWords } from "./words.ts";

const LOGIN = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      ... on SignedIn {
        expiresAt
      }
      ... on TooManyAttempts {
        retryAfterSeconds
      }
    }
  }
`);

/** Page `/sign-in`: signs in and returns to the previous page; skipped if signed in already. */
export default function SignInPage() {
  const words = useWords(sessionWords);
  const { viewer, signedIn } = useViewer();
  const location = useLocation();
  const { search } = location;
  const to = useSearchParams()[0].get("to");
  const [email, setEmail] = useState(emailFromState(location.state));
  const [login] = useMutation(LOGIN);
  useTitle(words.signIn);
  const submission = useSubmission(async ({ email = "", password = "" }) => {
    const { data } = await login({ variables: { input: { email, password } } });
    if (data?.login.__typename !== "SignedIn") return data?.login;
    await signedIn(data.login.expiresAt);
    return null;
  });
  if (viewer) return <Navigate to={safeDestination(to, "/bookings")} replace />;
  return (
    <FormCard
      title={words.signIn}
      lead={to ? words.signInToGoOn : words.signInLead}
      footer={
        <p>
          {words.newHere}{" "}
          <Link to={`/register${search}`} state={{ email }} className="underline">
            {words.toRegister}
          </Link>
        </p>
      }
    >
      <Form
        submission={submission}
        submitLabel={words.signIn}
        busyLabel={words.signingIn}
        wrongCredentials={words.wrong}
      >
        <Field
          label={words.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={submission.refusal?.problems.email}
        />
        <PasswordField
          label={words.password}
          name="password"
          autoComplete="current-password"
          problem={submission.refusal?.problems.password}
        />
      </Form>
      <p>
        <Link to={`/forgot-password${search}`} state={{ email }} className="underline">
          {words.forgot}
        </Link>
      </p>
    </FormCard>
  );
}

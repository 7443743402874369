import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Link, Navigate, useLocation, useSearchParams } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { useWords } from "../text/text.tsx";
import { useTimePreferences } from "../time/preferences.ts";
import { Field } from "../ui/Field.tsx";
import { toast } from "../ui/toast.tsx";
import { useTitle } from "../ui/title.ts";
import { safeDestination } from "./destination.ts";
import { emailFromState } from "./email.ts";
import { Form } from "./Form.tsx";
import { FormCard } from "./FormCard.tsx";
import { PasswordField } from "./PasswordField.tsx";
import { useSubmission } from "./useSubmission.ts";
import { useViewer } from "./Viewer.tsx";
import { sessionWords } from "./words.ts";

const REGISTER = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
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

/** Page `/register`: creates an account, signs in, and returns to the previous page. */
export default function RegisterPage() {
  const words = useWords(sessionWords);
  const { viewer, signedIn } = useViewer();
  const location = useLocation();
  const { search } = location;
  const to = useSearchParams()[0].get("to");
  const { zone: timeZone } = useTimePreferences();
  const [email, setEmail] = useState(emailFromState(location.state));
  const [register] = useMutation(REGISTER);
  useTitle(words.register);
  const submission = useSubmission(async ({ name = "", email = "", password = "" }) => {
    const input = { name, email, password, timeZone };
    const { data } = await register({ variables: { input } });
    if (data?.register.__typename !== "SignedIn") return data?.register;
    await signedIn(data.register.expiresAt);
    void toast(words.verificationSent, { duration: 10_000 });
    return null;
  });
  if (viewer) return <Navigate to={safeDestination(to, "/experts")} replace />;

  const signIn = (label: string) => (
    <Link to={`/sign-in${search}`} state={{ email }} className="underline">
      {label}
    </Link>
  );
  const problems = submission.refusal?.problems;
  const isTaken = submission.refusal?.reason === "EmailTaken";
  return (
    <FormCard
      title={words.register}
      lead={words.registerLead}
      footer={
        <p>
          {words.haveAccount} {signIn(words.signIn)}
        </p>
      }
    >
      <Form submission={submission} submitLabel={words.register} busyLabel={words.registering}>
        <Field
          label={words.name}
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          problem={problems?.name}
        />
        <Field
          label={words.email}
          name="email"
          type="email"
          autoComplete="email"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={
            isTaken ? (
              <>
                {words.emailTaken} {signIn(words.emailTakenSignIn)}
              </>
            ) : (
              problems?.email
            )
          }
        />
        <PasswordField
          label={words.password}
          name="password"
          autoComplete="new-password"
          hint={words.passwordRule}
          problem={problems?.password}
        />
      </Form>
      <p className="text-xs text-muted">{words.zone(timeZone)}</p>
    </FormCard>
  );
}

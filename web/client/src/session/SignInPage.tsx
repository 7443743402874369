import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Link, Navigate, useLocation, useSearchParams } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { useTitle } from "../ui/title.ts";
import { CodeSignIn } from "./CodeSignIn.tsx";
import { safeDestination } from "./destination.ts";
import { emailFromState } from "./email.ts";
import { Form } from "./Form.tsx";
import { FormCard } from "./FormCard.tsx";
import { PasswordField } from "./PasswordField.tsx";
import { useSubmission } from "./useSubmission.ts";
import { useViewer, type Viewer } from "./Viewer.tsx";
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

type Way = "code" | "password";

/** Page `/sign-in`: signs in with a password or a code, and returns to the previous page. */
export default function SignInPage() {
  const words = useWords(sessionWords);
  const { viewer, signedIn } = useViewer();
  const location = useLocation();
  const { search } = location;
  const [parameters] = useSearchParams();
  const to = parameters.get("to");
  const way: Way = parameters.get("with") === "code" ? "code" : "password";
  const [email, setEmail] = useState(emailFromState(location.state));
  const [login] = useMutation(LOGIN);
  useTitle(words.signIn);
  const submission = useSubmission(async ({ email = "", password = "" }) => {
    const { data } = await login({ variables: { input: { email, password } } });
    if (data?.login.__typename !== "SignedIn") return data?.login;
    await signedIn(data.login.expiresAt);
    return null;
  });
  if (viewer) return <Navigate to={safeDestination(to, homeOf(viewer))} replace />;
  const searchWith = (way: Way) => {
    const { with: _, ...kept } = Object.fromEntries(parameters);
    return `?${new URLSearchParams(way === "code" ? { ...kept, with: "code" } : kept)}`;
  };
  const isFinding = to === "/bookings";
  const isOpening = to?.startsWith("/bookings/");
  return (
    <FormCard
      title={
        way === "code" && isFinding
          ? words.findBookings
          : isOpening
            ? words.openBooking
            : words.signIn
      }
      lead={
        way === "code"
          ? isFinding || isOpening
            ? words.findBookingsLead
            : words.codeLead
          : to
            ? words.signInToGoOn
            : words.signInLead
      }
      footer={
        <p>
          {words.newHere}{" "}
          <Link to={`/register${search}`} state={{ email }} className="underline">
            {words.toRegister}
          </Link>
        </p>
      }
    >
      {way === "code" ? (
        <CodeSignIn email={email} onEmail={setEmail} />
      ) : (
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
      )}
      <div className="grid justify-items-start gap-2">
        <Link
          to={searchWith(way === "code" ? "password" : "code")}
          replace
          className={`${buttonClass()} w-full`}
        >
          {way === "code" ? words.withPassword : words.otherWay}
        </Link>
        {way === "password" && (
          <Link to={`/forgot-password${search}`} state={{ email }} className="underline">
            {words.forgot}
          </Link>
        )}
      </div>
    </FormCard>
  );
}

/** Return the path of the first page that an account sees after signing in. */
function homeOf({ role, expert }: Viewer): string {
  if (role === "ADMIN") return "/administration";
  return expert ? "/desk" : "/bookings";
}

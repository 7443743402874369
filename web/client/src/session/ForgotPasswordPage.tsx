import { useMutation } from "@apollo/client/react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { useTitle } from "../ui/title.ts";
import { emailFromState } from "./email.ts";
import { Form } from "./Form.tsx";
import { FormCard } from "./FormCard.tsx";
import { useSubmission } from "./useSubmission.ts";
import { useViewer } from "./Viewer.tsx";
import { sessionWords } from "./words.ts";

const REQUEST_PASSWORD_RESET = graphql(`
  mutation RequestPasswordReset($input: RequestPasswordResetInput!) {
    requestPasswordReset(input: $input)
  }
`);

/**
 * Form to request a password reset link; the response does not reveal whether the account exists.
 */
export default function ForgotPasswordPage() {
  const words = useWords(sessionWords);
  const { viewer } = useViewer();
  const location = useLocation();
  const { search } = location;
  const [sentTo, setSentTo] = useState<string>();
  const [request] = useMutation(REQUEST_PASSWORD_RESET);
  useTitle(words.forgotTitle);
  const submission = useSubmission(async ({ email = "" }) => {
    await request({ variables: { input: { email } } });
    setSentTo(email);
    return null;
  });
  const back = viewer === null && (
    <Link
      to={`/sign-in${search}`}
      state={{ email: sentTo ?? emailFromState(location.state) }}
      className="underline"
    >
      {words.backToSignIn}
    </Link>
  );
  if (sentTo) return <Sent to={sentTo} back={back} onOther={() => setSentTo(undefined)} />;
  return (
    <FormCard title={words.forgotTitle} lead={words.forgotLead} footer={back}>
      <Form submission={submission} submitLabel={words.send} busyLabel={words.sending}>
        <Field
          label={words.email}
          name="email"
          type="email"
          autoComplete="email"
          required
          pattern=".+@.+"
          defaultValue={emailFromState(location.state)}
          problem={submission.refusal?.problems.email}
        />
      </Form>
    </FormCard>
  );
}

function Sent({ to, back, onOther }: { to: string; back: ReactNode; onOther: () => void }) {
  const words = useWords(sessionWords);
  const text = useRef<HTMLDivElement>(null);
  useEffect(() => text.current?.focus(), []);
  return (
    <div ref={text} tabIndex={-1} className="outline-none">
      <FormCard title={words.sentTitle} lead={words.sent(to)} footer={back}>
        <p className="text-muted">{words.notThere}</p>
        <Button onClick={onOther}>{words.otherAddress}</Button>
      </FormCard>
    </div>
  );
}

import { useMutation } from "@apollo/client/react";
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { appWords } from "../app/words.ts";
import { Message } from "../app/Message.tsx";
import { useWords } from "../text/text.tsx";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Loading } from "../ui/Loading.tsx";
import { useTitle } from "../ui/title.ts";
import { useLinkToken } from "./useLinkToken.ts";
import { useViewer, type Viewer } from "./Viewer.tsx";
import { sessionWords } from "./words.ts";

const VERIFY_EMAIL = graphql(`
  mutation VerifyEmail($input: VerifyEmailInput!) {
    verifyEmail(input: $input) {
      ... on User {
        id
        email
        emailVerified
      }
    }
  }
`);

/**
 * Page `/verify-email`: verifies an e-mail address at once, with the token from an e-mailed link.
 */
export default function VerifyEmailPage() {
  const words = useWords(sessionWords);
  const { errors } = useWords(appWords);
  const { viewer } = useViewer();
  const token = useLinkToken();
  const sentToken = useRef<string>(null);
  const [verify, { data, error }] = useMutation(VERIFY_EMAIL);

  function send(token: string): void {
    sentToken.current = token;
    // Ignore the error here, because the component shows the mutation's error.
    verify({ variables: { input: { token } } }).catch(() => undefined);
  }

  // The token can be used only once, so send it only once, even if the page renders again.
  useEffect(() => {
    if (token && sentToken.current !== token) send(token);
  });

  if (error && token) {
    return (
      <Told title={words.verifyFailedTitle} body={words.verifyFailed}>
        <Button kind="primary" onClick={() => send(token)}>
          {errors.again}
        </Button>
      </Told>
    );
  }
  if (data?.verifyEmail.__typename === "User") {
    return (
      <Told title={words.verifiedTitle} body={words.verified(data.verifyEmail.email)}>
        <WayOn viewer={viewer} />
      </Told>
    );
  }
  if ((token && !data) || viewer === undefined) return <Loading />;
  if (viewer?.emailVerified) {
    return (
      <Told title={words.alreadyTitle} body={words.already}>
        <WayOn viewer={viewer} />
      </Told>
    );
  }
  return (
    <Told title={words.linkExpiredTitle} body={viewer ? words.verifyAgain : words.verifyExpired}>
      {viewer && (
        <Link to="/account" className={buttonClass("primary")}>
          {words.newLink}
        </Link>
      )}
      <WayOn viewer={viewer} />
    </Told>
  );
}

function Told({ title, body, children }: { title: string; body: string; children: ReactNode }) {
  useTitle(title);
  return (
    <div role="status">
      <Message title={title} body={body}>
        {children}
      </Message>
    </div>
  );
}

function WayOn({ viewer }: { viewer: Viewer | null | undefined }) {
  const words = useWords(sessionWords);
  return (
    <>
      <Link to={viewer ? "/bookings" : "/sign-in"} className={buttonClass()}>
        {viewer ? words.toBookings : words.signIn}
      </Link>
      <Link to="/experts" className={buttonClass()}>
        {words.toExperts}
      </Link>
    </>
  );
}

import { graphql } from "../api/gql/gql.ts";

export const REQUEST_CODE = graphql(`
  mutation RequestSignInCode($input: RequestSignInCodeInput!) {
    requestSignInCode(input: $input)
  }
`);

export const SIGN_IN_WITH_CODE = graphql(`
  mutation SignInWithCode($input: SignInWithCodeInput!) {
    signInWithCode(input: $input) {
      ... on SignedIn {
        expiresAt
      }
      ... on WrongCode {
        attemptsLeft
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

export const CODE_LENGTH = 6;

/** Milliseconds before another code can be requested. */
export const RESEND_AFTER_MS = 30_000;

/** Return the digits of a typed or pasted code, without the space that e-mails may show in it. */
export function codeDigits(typed: string): string {
  return typed.replace(/\D/g, "").slice(0, CODE_LENGTH);
}

/** Return whether the server prints its e-mails in the terminal because it has no mail server. */
export function printsMails(): boolean {
  return document.documentElement.dataset.mails === "printed";
}

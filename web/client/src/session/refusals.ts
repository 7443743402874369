import { CombinedGraphQLErrors } from "@apollo/client/errors";

/** Refusals by the account mutations, with the fields that the forms query. */
export type Refusal =
  | { readonly __typename: "EmailTaken" | "LinkExpired" | "NotAllowed" | "WrongCredentials" }
  | { readonly __typename: "WrongCode"; readonly attemptsLeft: number }
  | { readonly __typename: "TooManyAttempts"; readonly retryAfterSeconds: number }
  | {
      readonly __typename: "InvalidInput";
      readonly fields: readonly { readonly field: string; readonly message: string }[];
    };

/** The reason why a submission failed, as a form shows it. */
export interface FormRefusal {
  readonly reason: Refusal["__typename"] | "Incomplete";
  /** Validation messages, keyed by field name. */
  readonly problems: Readonly<Record<string, string>>;
  /** Number of attempts that are left after a wrong code. */
  readonly attemptsLeft?: number;
  /** Instant after which the user can try again, if known. */
  readonly retryAt?: string;
}

/** Texts of validation messages, and the translation of messages from the server. */
export interface ProblemWords {
  readonly required: string;
  readonly noEmail: string;
  readonly tooShort: string;
  /** Translate a message from the server into the user's language. */
  problem: (message: string) => string;
}

/** Convert a refusal for a form; compute `retryAt` from `now`, which is in milliseconds. */
export function toFormRefusal(refusal: Refusal, words: ProblemWords, now: number): FormRefusal {
  const reason = refusal.__typename;
  switch (reason) {
    case "InvalidInput":
      return {
        reason,
        problems: Object.fromEntries(
          refusal.fields.map(({ field, message }) => [field, words.problem(message)]),
        ),
      };
    case "TooManyAttempts": {
      const retryAt = new Date(now + refusal.retryAfterSeconds * 1_000).toISOString();
      return { reason, problems: {}, retryAt };
    }
    case "WrongCode":
      return { reason, problems: {}, attemptsLeft: refusal.attemptsLeft };
    default:
      return { reason, problems: {} };
  }
}

const EMAIL_PREFIX = "email: ";

/** Return the refusal that a GraphQL error reports; some result types contain no refusals. */
export function refusalFromError(error: unknown, words: ProblemWords): FormRefusal | undefined {
  if (!CombinedGraphQLErrors.is(error)) return undefined;
  for (const { extensions, message } of error.errors) {
    if (extensions?.code === "TOO_MANY_ATTEMPTS") {
      return { reason: "TooManyAttempts", problems: {} };
    }
    if (extensions?.code === "BAD_USER_INPUT" && message.startsWith(EMAIL_PREFIX)) {
      const email = words.problem(message.slice(EMAIL_PREFIX.length));
      return { reason: "InvalidInput", problems: { email } };
    }
  }
  return undefined;
}

/** Validate the fields in the browser, so that no attempt is spent on an incomplete form. */
export function validateForm(form: HTMLFormElement, words: ProblemWords): FormRefusal | undefined {
  const problems: Record<string, string> = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement) || !field.name) continue;
    if (field.validity.valueMissing) problems[field.name] = words.required;
    else if (field.validity.patternMismatch) problems[field.name] = words.noEmail;
    // Compare lengths, because `validity.tooShort` ignores passwords from password managers.
    else if (field.value.length < field.minLength) problems[field.name] = words.tooShort;
  }
  return Object.keys(problems).length > 0 ? { reason: "Incomplete", problems } : undefined;
}

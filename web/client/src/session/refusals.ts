import { CombinedGraphQLErrors } from "@apollo/client/errors";

/** What the server answers in place of what was wished for, as the forms here ask for it. */
export type Refusal =
  | { readonly __typename: "EmailTaken" | "LinkExpired" | "WrongCredentials" }
  | { readonly __typename: "TooManyAttempts"; readonly retryAfterSeconds: number }
  | {
      readonly __typename: "InvalidInput";
      readonly fields: readonly { readonly field: string; readonly message: string }[];
    };

/** Why an attempt did not get through, as a form says it. */
export interface Refused {
  readonly why: Refusal["__typename"] | "Incomplete";
  /** By the names of the fields that they are about. */
  readonly problems: Readonly<Record<string, string>>;
  /** The instant after which to try again, if that is known. */
  readonly until?: string;
}

/** A form's words for what it can find out by itself, and for what the server says. */
export interface ProblemWords {
  readonly required: string;
  readonly noEmail: string;
  /** A message of the server's in the reader's language. */
  problem(message: string): string;
}

/** A refusal as a form says it; the time to wait counts from `now`. */
export function refusedBy(refusal: Refusal, words: ProblemWords, now: number): Refused {
  const why = refusal.__typename;
  switch (why) {
    case "InvalidInput":
      return {
        why,
        problems: Object.fromEntries(
          refusal.fields.map(({ field, message }) => [field, words.problem(message)]),
        ),
      };
    case "TooManyAttempts": {
      const until = new Date(now + refusal.retryAfterSeconds * 1_000).toISOString();
      return { why, problems: {}, until };
    }
    default:
      return { why, problems: {} };
  }
}

/** The refusal that comes as an error where a field's type has no room for it. */
export function refusedByError(error: unknown): Refused | undefined {
  const isTooMany =
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.["code"] === "TOO_MANY_ATTEMPTS");
  return isTooMany ? { why: "TooManyAttempts", problems: {} } : undefined;
}

/** What is missing in a form, so that no attempt is spent on it. */
export function missingIn(form: HTMLFormElement, words: ProblemWords): Refused | undefined {
  const problems: Record<string, string> = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement) || !field.name) continue;
    if (field.validity.valueMissing) problems[field.name] = words.required;
    else if (field.validity.patternMismatch) problems[field.name] = words.noEmail;
  }
  return Object.keys(problems).length > 0 ? { why: "Incomplete", problems } : undefined;
}

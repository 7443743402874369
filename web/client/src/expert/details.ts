import type { ReadPhone } from "../phone/phones.ts";
import type { Draft } from "../session/drafts.ts";

interface DetailsWords {
  readonly required: string;
  readonly noEmail: string;
  readonly phoneProblems: Readonly<Record<"invalid" | "short" | "long", string>>;
}

/**
 * Return the problems to correct before a code is sent by e-mail, keyed by booking field.
 *
 * The server makes the same checks, but only after a guest has entered the code.
 */
export function missingDetails(
  { name, email }: Draft,
  phone: ReadPhone,
  words: DetailsWords,
): Record<string, string> {
  const found: Record<string, string> = {};
  if (!name.trim()) found["contact.name"] = words.required;
  if (!/^\S+@\S+$/.test(email.trim())) {
    found["contact.email"] = email.trim() ? words.noEmail : words.required;
  }
  if (phone.problem) {
    found["contact.phone"] =
      phone.problem === "missing" ? words.required : words.phoneProblems[phone.problem];
  }
  return found;
}

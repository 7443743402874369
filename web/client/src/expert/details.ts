import type { ReadPhone } from "../phone/phones.ts";
import type { Draft } from "../session/drafts.ts";

interface DetailsWords {
  readonly required: string;
  readonly noEmail: string;
  readonly phoneProblems: Readonly<Record<"invalid" | "short" | "long", string>>;
}

/**
 * Return what must be filled in before a code is sent, by the fields of the booking.
 *
 * The server checks the same, but a guest learns of it only after the code.
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

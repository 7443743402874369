/**
 * Return the `mailto:` URL of an e-mail address, which may itself contain "?" or "&" (RFC 6068).
 */
export function mailtoUrl(email: string): string {
  return `mailto:${email.split("@").map(encodeURIComponent).join("@")}`;
}

/** Return the `tel:` URL of a phone number such as "+442079460018 ext. 123" (RFC 3966). */
export function telUrl(phone: string): string {
  return `tel:${phone.replace(" ext. ", ";ext=")}`;
}

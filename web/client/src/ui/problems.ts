/**
 * Validation errors, keyed by field name, or by "<item key>.<field>" for a field of a list item.
 */
export type Problems = Readonly<Record<string, string>>;

interface Problem {
  readonly field: string;
  readonly message: string;
}

/**
 * Return the server's validation messages, keyed by field name.
 *
 * @param translate translates a message to the reader's language.
 */
export function problemsByField(
  fields: readonly Problem[] | undefined,
  translate: (message: string) => string = (message) => message,
): Record<string, string> {
  return Object.fromEntries(
    (fields ?? []).map(({ field, message }) => [field, translate(message)]),
  );
}

/** Validation errors by field: its name, or "<item key>.<field>" in a list. */
export type Problems = Readonly<Record<string, string>>;

interface Problem {
  readonly field: string;
  readonly message: string;
}

/**
 * Return the server's validation messages by field name.
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

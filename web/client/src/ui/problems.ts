interface Problem {
  readonly field: string;
  readonly message: string;
}

/**
 * The problems that the server found, by the names of the fields they are about.
 *
 * @param say a message of the server's in the reader's language.
 */
export function problemsByField(
  fields: readonly Problem[] | undefined,
  say: (message: string) => string = (message) => message,
): Record<string, string> {
  return Object.fromEntries((fields ?? []).map(({ field, message }) => [field, say(message)]));
}

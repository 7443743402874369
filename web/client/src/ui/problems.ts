interface Problem {
  readonly field: string;
  readonly message: string;
}

/** The problems that the server found, by the names of the fields they are about. */
export function problemsByField(fields: readonly Problem[] | undefined): Record<string, string> {
  return Object.fromEntries((fields ?? []).map(({ field, message }) => [field, message]));
}

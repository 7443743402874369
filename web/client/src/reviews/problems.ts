const GERMAN: Readonly<Record<string, string>> = {
  "Text is required": "Bitte schreiben Sie etwas.",
  "Text must have at least 10 characters": "Bitte schreiben Sie mindestens 10 Zeichen.",
  "Text must not have a link or a web address": "Bitte ohne Internet- und E-Mail-Adressen.",
  "Text must have at most 2000 characters": "Höchstens 2.000 Zeichen.",
  "Reason is required": "Bitte geben Sie einen Grund an.",
  "Reason must have at most 500 characters": "Höchstens 500 Zeichen.",
};

/** Translate the server's validation messages about reviews into German. */
export function germanReviewProblem(message: string): string {
  return GERMAN[message] ?? message;
}

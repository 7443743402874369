const GERMAN: Readonly<Record<string, string>> = {
  "Name is required": "Bitte geben Sie Ihren Namen an.",
  "Name must have at most 100 characters": "Der Name darf höchstens 100 Zeichen haben.",
  "Name must not have control characters": "Der Name enthält Zeichen, die nicht erlaubt sind.",
  "Name must not have a link or a web address": "Der Name darf keine Internetadresse enthalten.",
  "Our mail server cannot reach an address with special letters before the @; use another one":
    "Adressen mit Sonderzeichen vor dem @ kann unser Mailserver nicht erreichen.",
  "Email is required": "Bitte geben Sie Ihre E-Mail-Adresse an.",
  "Enter a valid e-mail address, such as ada@example.com":
    "Das ist keine gültige E-Mail-Adresse. Sie sieht etwa so aus: ada@example.com",
  "Phone is required": "Bitte geben Sie Ihre Telefonnummer an.",
  "Notes must have at most 2000 characters": "Höchstens 2.000 Zeichen.",
  "The price has changed. Please look at it again before you book.":
    "Der Preis hat sich geändert. Bitte prüfen Sie ihn, bevor Sie buchen.",
  "Use 10 to 200 characters": "Das Passwort braucht 10 bis 200 Zeichen.",
  "This is one of the commonest passwords. Choose another one":
    "Das ist eines der häufigsten Passwörter. Bitte wählen Sie ein anderes.",
};
const PHONE = "Enter a valid phone number";

/** Translate the server's validation messages about personal data into German. */
export function germanPersonProblem(message: string): string {
  if (message.startsWith(PHONE)) {
    return "Das ist keine gültige Telefonnummer. Sie sieht etwa so aus: +49 30 901820 ext. 12";
  }
  return GERMAN[message] ?? message;
}

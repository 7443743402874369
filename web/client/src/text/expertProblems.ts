const GERMAN: Readonly<Record<string, string>> = {
  "This length is offered twice": "Diese Dauer ist doppelt angegeben.",
  "A price must not be negative": "Ein Preis darf nicht negativ sein.",
  "The end must differ from the beginning": "Das Ende darf nicht gleich dem Beginn sein.",
  "Hours begin before 24:00": "Die Zeit beginnt vor 24:00.",
  "These hours overlap others": "Diese Zeit überschneidet sich mit einer anderen.",
  "This day is named twice": "Dieser Tag ist doppelt angegeben.",
  "This language is named twice": "Diese Sprache ist doppelt angegeben.",
  "There is no such account": "Dieses Konto gibt es nicht.",
  "This account is an expert already": "Dieses Konto hat schon eine Fachperson.",
  "An expert's account is made by createExpert; this one has no expert":
    "Nehmen Sie das Konto erst als Fachperson auf.",
  "Enter the IANA name of a time zone, such as Europe/Paris":
    "Bitte wählen Sie eine Zeitzone, etwa Europe/Paris.",
  "This is the only administrator who can sign in. Make another one first.":
    "Das ist das einzige Konto, das verwalten kann. Geben Sie erst einem anderen diese Rolle.",
  "There is no such thing here, or you may not do this with it.":
    "Das gibt es hier nicht, oder Sie dürfen es nicht ändern.",
};

const GERMAN_NAMES: Readonly<Record<string, string>> = {
  Name: "Der Name",
  Title: "Die Bezeichnung",
  Bio: "Der Text",
  Language: "Die Sprache",
  Address: "Die Anschrift",
};

const GERMAN_PATTERNS: readonly (readonly [RegExp, (...found: string[]) => string])[] = [
  [/^Offer 1 to (\d+) lengths$/, (most) => `Bieten Sie 1 bis ${most} Dauern an.`],
  [
    /^Enter the https address of the video call/,
    () => "Bitte geben Sie die https-Adresse des Gesprächs an, etwa https://meet.example.com/ada",
  ],
  [
    /^Enter a valid phone number/,
    () => "Das ist keine gültige Telefonnummer. Sie sieht etwa so aus: +49 30 901820",
  ],
  [/^At most (\d+) days$/, (most) => `Höchstens ${most} Tage.`],
  [/^Name 1 to (\d+) languages$/, (most) => `Nennen Sie 1 bis ${most} Sprachen.`],
  [/^Prices here are in (\w+)$/, (currency) => `Preise sind hier in ${currency}.`],
  [/^Use a multiple of (\d+) minutes$/, (minutes) => `Nur Vielfache von ${minutes} Minuten.`],
  [
    /^.+ is a multiple of (\d+) minutes from (\d+) to (\d+)$/,
    (step, least, most) => `Ein Vielfaches von ${step} Minuten zwischen ${least} und ${most}.`,
  ],
  [
    /^.+ must lie between (\d+) and (\d+)$/,
    (least, most) => `Eine Zahl zwischen ${least} und ${most}.`,
  ],
  [/^(\w+) is required$/, (name) => `${GERMAN_NAMES[name] ?? name} fehlt.`],
  [
    /^(\w+) must have at most (\d+) characters$/,
    (name, most) => `${GERMAN_NAMES[name] ?? name} darf höchstens ${most} Zeichen haben.`,
  ],
  [
    /^(\w+) must not have a link or a web address$/,
    (name) => `${GERMAN_NAMES[name] ?? name} darf keine Internetadresse enthalten.`,
  ],
];

/**
 * Translate the server's validation messages about booking rules, experts and accounts into German.
 */
export function germanProblem(message: string): string {
  for (const [pattern, say] of GERMAN_PATTERNS) {
    const match = pattern.exec(message);
    if (match) return say(...match.slice(1));
  }
  return GERMAN[message] ?? message;
}

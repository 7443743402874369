import { catalogue } from "../text/text.tsx";

const GERMAN_PROBLEMS: Readonly<Record<string, string>> = {
  "Name is required": "Bitte geben Sie Ihren Namen an.",
  "Name must have at most 100 characters": "Der Name darf höchstens 100 Zeichen haben.",
  "Name must not have control characters": "Der Name enthält Zeichen, die nicht erlaubt sind.",
  "Email is required": "Bitte geben Sie Ihre E-Mail-Adresse an.",
  "Enter a valid e-mail address, such as ada@example.com":
    "Das ist keine gültige E-Mail-Adresse. Sie sieht etwa so aus: ada@example.com",
  "Use 10 to 200 characters": "Das Passwort braucht 10 bis 200 Zeichen.",
  "This is one of the commonest passwords. Choose another one":
    "Das ist eines der häufigsten Passwörter. Bitte wählen Sie ein anderes.",
};

/** Signing in, registering, and the links from mails. */
export const sessionWords = catalogue({
  en: {
    name: "Name",
    email: "E-mail",
    password: "Password",
    newPassword: "New password",
    passwordRule: "At least 10 characters. Several words together are easy to remember.",
    showPassword: "Show password",
    required: "Please fill this in.",
    noEmail: "Enter an e-mail address, such as ada@example.com.",
    problem: (message: string) => message,
    correct: "Please correct the marked fields.",
    tooMany: "Too many attempts.",
    waitAWhile: "Please wait before you try again, 15 minutes at most.",
    waitFor: "You can try again in",
    waitIsOver: "You can try again now.",

    signIn: "Sign in",
    signingIn: "Signing in …",
    signInLead: "Welcome back.",
    signInToGoOn: "Afterwards you are back where you were.",
    wrong: "E-mail or password is wrong.",
    forgot: "Forgot your password?",
    newHere: "New here?",
    toRegister: "Create an account",

    register: "Create account",
    registering: "Creating your account …",
    registerLead: "Book experts, and keep all your bookings in one place.",
    zone: (zone: string) => `Mails show times in ${zone}, the time zone of this device.`,
    emailTaken: "There is an account with this address already.",
    emailTakenSignIn: "Sign in instead",
    haveAccount: "Have an account?",

    forgotTitle: "Forgot your password?",
    forgotLead: "We send you a link with which you set a new one.",
    send: "Send the link",
    sending: "Sending …",
    sentTitle: "Look into your mail",
    sent: (email: string) =>
      `If there is an account with ${email}, a mail with a link is on its way. The link works for 30 minutes.`,
    notThere: "Nothing there? Look into the spam folder, too.",
    otherAddress: "Use another address",
    backToSignIn: "Back to sign in",

    resetTitle: "Set a new password",
    resetLead: "You are signed in with it at once, and signed out everywhere else.",
    reset: "Set password",
    resetting: "Setting …",
    resetDoneTitle: "Your new password is set",
    resetDone: "You are signed in here, and signed out everywhere else.",

    linkExpiredTitle: "This link does not work any more",
    linkExpired: "It is too old, or was used before.",
    newLink: "Send a new link",
    toBookings: "My bookings",
    toExperts: "Find an expert",

    verifiedTitle: "Your address is verified",
    verified: (email: string) => `Thank you. Mails about your bookings go to ${email}.`,
    alreadyTitle: "Your address is verified already",
    already: "There is nothing left to do.",
    verifyExpired:
      "It is too old, or was used before. If you have followed it already, there is nothing left to do.",
    verifyByReset: "Your address is not verified yet. A link to a new password verifies it, too.",
    verifyFailedTitle: "Your address could not be verified",
    verifyFailed: "The server cannot be reached. Check your connection and try again.",
  },
  de: {
    name: "Name",
    email: "E-Mail",
    password: "Passwort",
    newPassword: "Neues Passwort",
    passwordRule: "Mindestens 10 Zeichen. Mehrere Wörter hintereinander merken sich leicht.",
    showPassword: "Passwort anzeigen",
    required: "Bitte füllen Sie dieses Feld aus.",
    noEmail: "Bitte geben Sie eine E-Mail-Adresse an, etwa ada@example.com.",
    problem: (message) => GERMAN_PROBLEMS[message] ?? message,
    correct: "Bitte berichtigen Sie die markierten Felder.",
    tooMany: "Zu viele Versuche.",
    waitAWhile: "Bitte warten Sie bis zum nächsten, höchstens 15 Minuten.",
    waitFor: "Nächster Versuch möglich in",
    waitIsOver: "Sie können es jetzt wieder versuchen.",

    signIn: "Anmelden",
    signingIn: "Wird angemeldet …",
    signInLead: "Willkommen zurück.",
    signInToGoOn: "Danach geht es dort weiter, wo Sie waren.",
    wrong: "E-Mail oder Passwort ist falsch.",
    forgot: "Passwort vergessen?",
    newHere: "Neu hier?",
    toRegister: "Konto anlegen",

    register: "Konto anlegen",
    registering: "Konto wird angelegt …",
    registerLead: "Buchen Sie Fachleute, und behalten Sie alle Termine im Blick.",
    zone: (zone) => `E-Mails nennen Zeiten in ${zone}, der Zeitzone dieses Geräts.`,
    emailTaken: "Mit dieser Adresse gibt es schon ein Konto.",
    emailTakenSignIn: "Stattdessen anmelden",
    haveAccount: "Haben Sie schon ein Konto?",

    forgotTitle: "Passwort vergessen?",
    forgotLead: "Wir schicken Ihnen einen Link, mit dem Sie ein neues festlegen.",
    send: "Link schicken",
    sending: "Wird geschickt …",
    sentTitle: "Sehen Sie in Ihre E-Mails",
    sent: (email) =>
      `Wenn es ein Konto mit ${email} gibt, ist eine E-Mail mit einem Link unterwegs. Er gilt 30 Minuten.`,
    notThere: "Nichts angekommen? Sehen Sie auch im Spam-Ordner nach.",
    otherAddress: "Andere Adresse verwenden",
    backToSignIn: "Zurück zur Anmeldung",

    resetTitle: "Neues Passwort festlegen",
    resetLead: "Sie sind damit gleich angemeldet und überall sonst abgemeldet.",
    reset: "Passwort festlegen",
    resetting: "Wird festgelegt …",
    resetDoneTitle: "Ihr neues Passwort gilt",
    resetDone: "Sie sind hier angemeldet und überall sonst abgemeldet.",

    linkExpiredTitle: "Dieser Link gilt nicht mehr",
    linkExpired: "Er ist zu alt oder wurde schon benutzt.",
    newLink: "Neuen Link schicken",
    toBookings: "Meine Buchungen",
    toExperts: "Fachleute finden",

    verifiedTitle: "Ihre Adresse ist bestätigt",
    verified: (email) => `Vielen Dank. E-Mails zu Ihren Buchungen gehen an ${email}.`,
    alreadyTitle: "Ihre Adresse ist schon bestätigt",
    already: "Es ist nichts mehr zu tun.",
    verifyExpired:
      "Er ist zu alt oder wurde schon benutzt. Wenn Sie ihm schon gefolgt sind, ist nichts mehr zu tun.",
    verifyByReset:
      "Ihre Adresse ist noch nicht bestätigt. Auch ein Link zu einem neuen Passwort bestätigt sie.",
    verifyFailedTitle: "Ihre Adresse ließ sich nicht bestätigen",
    verifyFailed:
      "Der Server ist nicht zu erreichen. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
  },
});

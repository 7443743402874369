import { catalogue } from "../text/text.tsx";

/** Texts of a booking's own page. */
export const bookingPageWords = catalogue({
  en: {
    title: (expert: string) => `Your session with ${expert}`,
    titleOfOther: (client: string, expert: string) => `${client} with ${expert}`,
    booked: (name: string) => `You’re booked, ${name}.`,
    bookedBody: (email: string) => `We have sent the details to ${email}.`,
    requested: (name: string) => `Requested, ${name}.`,
    requestedBody: (expert: string) =>
      `The time is yours meanwhile. We mail you as soon as ${expert} answers.`,
    all: "My bookings",
    relativeInZone: (relative: string, zone: string) => `${relative}, time in ${zone}`,
    reference: "Reference",
    copy: "Copy the reference",
    copied: "Copied.",
    price: "Price",

    opensAt: (time: string) => `The room opens at ${time}.`,
    opensOn: (moment: string) => `The room opens on ${moment}.`,
    lightsUp: "The button lights up then.",
    open: "The room is open.",
    waits: (expert: string) => `Waits for ${expert}’s answer.`,
    waitsBody: "The time is yours meanwhile.",
    yourNumber: (number: string) => `Your number: ${number}`,

    addTo: "Add to calendar",
    addToGoogle: "Add to Google Calendar",
    addToOutlook: "Add to Outlook",
    file: ".ics file",
    entry: (expert: string) => `Session with ${expert}`,

    change: "Has something come up?",
    changeableUntil: "Move or cancel by yourself until",
    notChangeable: "You can no longer move or cancel it by yourself.",
    over: "What next?",
    again: (expert: string) => `Book ${expert} again`,
    move: "Move",
    cancel: "Cancel booking",

    note: (expert: string) => `Your note to ${expert}`,
    timeline: "What happens when",
    byYou: "by you",
    yourSession: "Your session",
    yourReview: "Your review",
    reviewUntil: (day: string) => `here, until ${day}`,
    answer: (expert: string) => `${expert} confirms or declines`,

    comeBack: "Come back without a code",
    comeBackBody: "Choose a password, if you like. Otherwise we mail you a code each time.",
    choosePassword: "Choose a password",

    unknown: "There is no such booking here",
    unknownBody: (email: string) =>
      `You are signed in as ${email}. It may have been booked with another address.`,
    otherAddress: "Use another address",
  },
  de: {
    title: (expert) => `Ihr Termin mit ${expert}`,
    titleOfOther: (client, expert) => `${client} bei ${expert}`,
    booked: (name) => `Gebucht, ${name}.`,
    bookedBody: (email) => `Die Einzelheiten haben wir an ${email} geschickt.`,
    requested: (name) => `Angefragt, ${name}.`,
    requestedBody: (expert) =>
      `Die Zeit gehört solange Ihnen. Sie bekommen eine E-Mail, sobald ${expert} antwortet.`,
    all: "Meine Buchungen",
    relativeInZone: (relative, zone) => `${relative}, Zeit in ${zone}`,
    reference: "Buchungsnummer",
    copy: "Buchungsnummer kopieren",
    copied: "Kopiert.",
    price: "Preis",

    opensAt: (time) => `Der Raum öffnet um ${time}.`,
    opensOn: (moment) => `Der Raum öffnet am ${moment}.`,
    lightsUp: "Dann lässt sich der Knopf drücken.",
    open: "Der Raum ist offen.",
    waits: (expert) => `Wartet auf die Antwort von ${expert}.`,
    waitsBody: "Die Zeit gehört solange Ihnen.",
    yourNumber: (number) => `Ihre Nummer: ${number}`,

    addTo: "In den Kalender",
    addToGoogle: "In den Google Kalender eintragen",
    addToOutlook: "In Outlook eintragen",
    file: ".ics-Datei",
    entry: (expert) => `Termin mit ${expert}`,

    change: "Kommt etwas dazwischen?",
    changeableUntil: "Selbst verschieben oder absagen können Sie bis",
    notChangeable: "Selbst verschieben oder absagen können Sie nicht mehr.",
    over: "Wie weiter?",
    again: (expert) => `Noch einmal bei ${expert} buchen`,
    move: "Verschieben",
    cancel: "Buchung absagen",

    note: (expert) => `Ihre Nachricht an ${expert}`,
    timeline: "Was wann geschieht",
    byYou: "von Ihnen",
    yourSession: "Ihr Termin",
    yourReview: "Ihre Bewertung",
    reviewUntil: (day) => `hier, bis ${day}`,
    answer: (expert) => `${expert} bestätigt oder lehnt ab`,

    comeBack: "Ohne Code wiederkommen",
    comeBackBody:
      "Wenn Sie möchten, wählen Sie ein Passwort. Sonst schicken wir jedes Mal einen Code.",
    choosePassword: "Passwort wählen",

    unknown: "Diese Buchung gibt es hier nicht",
    unknownBody: (email) =>
      `Sie sind als ${email} angemeldet. Vielleicht wurde mit einer anderen Adresse gebucht.`,
    otherAddress: "Andere Adresse verwenden",
  },
});

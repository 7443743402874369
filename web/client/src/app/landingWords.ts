import { catalogue } from "../text/text.tsx";

/** Texts of the landing page. */
export const landingWords = catalogue({
  en: {
    headline: "Find your expert. Book a time that is",
    free: "really free.",
    sentence:
      "Watch an expert’s free time live, choose a slot, and it is yours. No phone calls, no waiting for an answer.",
    examples: "Try",
    calendar: (name: string) => `Live calendar of ${name}`,
    days: "Days",
    freeOf: (free: string, all: string) => `${free} of ${all} times free`,
    realCalendar: (name: string) => `${name}’s real calendar. Leave it open and watch it fill.`,
    open: "Open",
    pause: "Break",
    news: {
      BOOKED: (time: string) => `Somebody booked ${time}`,
      HELD: (time: string) => `Somebody is booking ${time}`,
      OPEN: (time: string) => `${time} is free again`,
    },
    best: "Best rated",
    bestBody: "Choose a time, and it is kept for you while you type.",
    allExperts: (count: string) => `All ${count} experts`,
    how: "How it works",
    see: "See what is free now",
    seeBody: "The calendar moves while you look. When somebody takes a time, you see it at once.",
    keep: "It is kept while you type",
    keepBody:
      "Fill in your details in peace. Nobody can take your time meanwhile, and the price stays.",
    meet: "Meet, or change your mind",
    meetBody:
      "Join by video, by phone or in person. Move or cancel by yourself until the deadline we show you first.",
    fields: "Experts in every field",
    count: (count: string, isOne: boolean) => (isOne ? `${count} expert` : `${count} experts`),
    kept: "Kept for you",
    confirmed: "Confirmed",
    inCalendar: "Calendar",
    move: "Move",
    cancel: "Cancel",
  },
  de: {
    headline: "Fachleute finden. Eine Zeit buchen, die",
    free: "wirklich frei ist.",
    sentence:
      "Sehen Sie live, wann jemand frei ist, und wählen Sie Ihre Zeit. Kein Anruf, kein Warten auf Antwort.",
    examples: "Zum Beispiel",
    calendar: (name) => `Kalender von ${name}, live`,
    days: "Tage",
    freeOf: (free, all) => `${free} von ${all} Zeiten frei`,
    realCalendar: (name) => `Der echte Kalender von ${name}. Schauen Sie zu, wie er sich füllt.`,
    open: "Öffnen",
    pause: "Pause",
    news: {
      BOOKED: (time) => `Jemand hat ${time} gebucht`,
      HELD: (time) => `Jemand bucht gerade ${time}`,
      OPEN: (time) => `${time} ist wieder frei`,
    },
    best: "Am besten bewertet",
    bestBody: "Wählen Sie eine Zeit. Sie bleibt frei, während Sie tippen.",
    allExperts: (count) => `Alle ${count} Fachleute`,
    how: "So geht es",
    see: "Sehen, was gerade frei ist",
    seeBody: "Der Kalender lebt, während Sie schauen. Nimmt jemand eine Zeit, sehen Sie es sofort.",
    keep: "Freigehalten, während Sie tippen",
    keepBody:
      "Geben Sie alles in Ruhe ein. Solange kann Ihnen niemand die Zeit nehmen, und der Preis bleibt.",
    meet: "Treffen, oder es sich anders überlegen",
    meetBody:
      "Per Video, am Telefon oder vor Ort. Bis zur Frist, die wir vorher zeigen, verschieben oder sagen Sie selbst ab.",
    fields: "Fachleute für jedes Gebiet",
    count: (count, isOne) => (isOne ? `${count} Person` : `${count} Fachleute`),
    kept: "Für Sie freigehalten",
    confirmed: "Bestätigt",
    inCalendar: "Kalender",
    move: "Verschieben",
    cancel: "Absagen",
  },
});

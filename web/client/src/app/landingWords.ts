import { catalogue } from "../text/text.tsx";

/** Texts of the landing page. */
export const landingWords = catalogue({
  en: {
    headline: "Find an expert. Book a time that is really free.",
    sentence:
      "See when people who know their field are free, choose a time, and it is yours: no calls, no waiting for an answer.",
    categories: "Categories",
    best: "Best rated",
    allExperts: "All experts",
    facts: "What you can rely on",
    live: "Live",
    liveBody: "When somebody else books a time, you see it at once. What looks free is free.",
    once: "Booked once",
    onceBody: "However many people want a time in the same moment, exactly one of them gets it.",
    zone: "Your time zone",
    zoneBody: (zone: string) => `Every time is shown in ${zone}, summer time included.`,
  },
  de: {
    headline: "Fachleute finden. Eine Zeit buchen, die wirklich frei ist.",
    sentence:
      "Sehen Sie, wann Menschen, die ihr Fach verstehen, frei sind, und wählen Sie Ihre Zeit: ohne Anruf, ohne auf Antwort zu warten.",
    categories: "Fachgebiete",
    best: "Am besten bewertet",
    allExperts: "Alle Fachleute",
    facts: "Worauf Sie sich verlassen können",
    live: "Live",
    liveBody: "Bucht jemand anderes eine Zeit, sehen Sie es sofort. Was frei aussieht, ist frei.",
    once: "Einmal vergeben",
    onceBody:
      "Auch wenn viele im selben Augenblick dieselbe Zeit möchten: Genau eine Person bekommt sie.",
    zone: "Ihre Zeitzone",
    zoneBody: (zone) => `Alle Zeiten stehen in ${zone} da, samt Sommerzeit.`,
  },
});

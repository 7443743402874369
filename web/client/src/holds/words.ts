import { catalogue } from "../text/text.tsx";

/** Texts of the bar that shows a hold. */
export const holdWords = catalogue({
  en: {
    bar: "Time kept for you",
    kept: "Kept for you",
    keptFor: "Kept for you for",
    goOn: "Continue",
    release: "Let go",
    released: "The time is free again.",
    more: (count: number) => (count === 1 ? "1 more time" : `${count} more times`),
    ended: "No longer kept for you",
    chooseAgain: "Choose a time",
    close: "Close",
  },
  de: {
    bar: "Für Sie freigehaltene Zeit",
    kept: "Für Sie freigehalten",
    keptFor: "Für Sie freigehalten noch",
    goOn: "Weiter",
    release: "Freigeben",
    released: "Die Zeit ist wieder frei.",
    more: (count) => (count === 1 ? "1 weitere Zeit" : `${count} weitere Zeiten`),
    ended: "Nicht mehr für Sie freigehalten",
    chooseAgain: "Zeit wählen",
    close: "Schließen",
  },
});

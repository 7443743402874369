import { catalogue } from "../text/text.tsx";

/** Texts about slots, for all pages that show slots. */
export const slotWords = catalogue({
  en: {
    states: {
      OPEN: "free",
      HELD: "somebody is booking this",
      BOOKED: "taken",
      KEPT: "kept for you",
      MINE: "yours",
    },
    heldUntil: (time: string) => `somebody is booking this, until ${time} at most`,
    justBooked: "just booked",
    freeAgain: "free again",
    parts: { night: "Night", morning: "Morning", afternoon: "Afternoon", evening: "Evening" },
    partFree: (count: string) => `${count} free`,
  },
  de: {
    states: {
      OPEN: "frei",
      HELD: "wird gerade gebucht",
      BOOKED: "vergeben",
      KEPT: "für Sie freigehalten",
      MINE: "Ihre",
    },
    heldUntil: (time) => `wird gerade gebucht, bis höchstens ${time}`,
    justBooked: "gerade vergeben",
    freeAgain: "wieder frei",
    parts: { night: "Nacht", morning: "Vormittag", afternoon: "Nachmittag", evening: "Abend" },
    partFree: (count) => `${count} frei`,
  },
});

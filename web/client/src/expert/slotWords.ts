import { catalogue } from "../text/text.tsx";

/** Texts of slots, on every page that shows some. */
export const slotWords = catalogue({
  en: {
    free: "free",
    kept: "kept for you",
    held: "somebody is booking this",
    heldUntil: (time: string) => `somebody is booking this, until ${time} at most`,
    booked: "taken",
    mine: "yours",
    justBooked: "just booked",
    freeAgain: "free again",
    parts: { night: "Night", morning: "Morning", afternoon: "Afternoon", evening: "Evening" },
    partFree: (count: string) => `${count} free`,
  },
  de: {
    free: "frei",
    kept: "für Sie freigehalten",
    held: "wird gerade gebucht",
    heldUntil: (time) => `wird gerade gebucht, bis höchstens ${time}`,
    booked: "vergeben",
    mine: "Ihre",
    justBooked: "gerade vergeben",
    freeAgain: "wieder frei",
    parts: { night: "Nacht", morning: "Vormittag", afternoon: "Nachmittag", evening: "Abend" },
    partFree: (count) => `${count} frei`,
  },
});

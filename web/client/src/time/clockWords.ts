import { catalogue } from "../text/text.tsx";

/** Texts of the choice of a time zone and a clock. */
export const clockWords = catalogue({
  en: {
    zone: "Time zone",
    timesIn: "Times in",
    search: "City, region or offset",
    none: "No time zone has this name.",
    close: "Close",
    clock: "Clock",
  },
  de: {
    zone: "Zeitzone",
    timesIn: "Zeiten in",
    search: "Stadt, Region oder Abstand",
    none: "So heißt keine Zeitzone.",
    close: "Schließen",
    clock: "Uhr",
  },
});

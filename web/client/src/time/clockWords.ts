import { catalogue } from "../text/text.tsx";

/** Texts of the fields to choose a time zone and a 12-hour or 24-hour clock. */
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

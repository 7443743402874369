import { catalogue } from "../text/text.tsx";

/** Texts of the cards that introduce experts. */
export const cardWords = catalogue({
  en: {
    languages: "Languages",
    rate: "an hour",
    confirms: "Confirms at once",
    times: "Next free times",
    noTimes: "No free times at the moment",
    allTimes: "All times",
    places: { VIDEO: "Video", PHONE: "phone", IN_PERSON: "in person" },
  },
  de: {
    languages: "Sprachen",
    rate: "pro Stunde",
    confirms: "Bestätigt sofort",
    times: "Nächste freie Zeiten",
    noTimes: "Zurzeit keine freien Zeiten",
    allTimes: "Alle Zeiten",
    places: { VIDEO: "Videogespräch", PHONE: "Telefon", IN_PERSON: "vor Ort" },
  },
});

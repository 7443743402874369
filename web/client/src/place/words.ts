import { catalogue } from "../text/text.tsx";

/** Texts about the place of a session. */
export const placeWords = catalogue({
  en: {
    place: "Place",
    kinds: { VIDEO: "Video call", PHONE: "Phone call", IN_PERSON: "In person" },
    session: {
      VIDEO: (length: string) => `${length} video call`,
      PHONE: (length: string) => `${length} phone call`,
      IN_PERSON: (length: string) => `${length} in person`,
    },
    before: {
      VIDEO: "You get the link with your booking.",
      PHONE: "You get the number with your booking, or you are called.",
      IN_PERSON: "You get the address with your booking.",
    },
    join: "Join video call",
    call: (number: string) => `Call ${number}`,
    linkFollows: (name: string) => `${name} sends you the link.`,
    callsYou: (name: string) => `${name} calls you.`,
    youCall: "You call.",
  },
  de: {
    place: "Ort",
    kinds: { VIDEO: "Videogespräch", PHONE: "Telefongespräch", IN_PERSON: "Vor Ort" },
    session: {
      VIDEO: (length) => `${length} Videogespräch`,
      PHONE: (length) => `${length} Telefongespräch`,
      IN_PERSON: (length) => `${length} vor Ort`,
    },
    before: {
      VIDEO: "Den Link bekommen Sie mit der Buchung.",
      PHONE: "Die Nummer bekommen Sie mit der Buchung, oder Sie werden angerufen.",
      IN_PERSON: "Die Adresse bekommen Sie mit der Buchung.",
    },
    join: "Am Videogespräch teilnehmen",
    call: (number) => `${number} anrufen`,
    linkFollows: (name) => `${name} schickt Ihnen den Link.`,
    callsYou: (name) => `${name} ruft Sie an.`,
    youCall: "Sie rufen an.",
  },
});

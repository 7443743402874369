import { catalogue } from "../text/text.tsx";

/** Texts of the field for a phone number. */
export const phoneWords = catalogue({
  en: {
    country: "Country code",
    problems: {
      invalid: "Enter a valid phone number, such as 020 7946 0018",
      short: "Some digits are missing.",
      long: "There are too many digits.",
    },
  },
  de: {
    country: "Ländervorwahl",
    problems: {
      invalid: "Das ist keine gültige Telefonnummer. Sie sieht etwa so aus: 030 901820",
      short: "Es fehlen noch Ziffern.",
      long: "Das sind zu viele Ziffern.",
    },
  },
});

import { catalogue } from "../text/text.tsx";

/** Names of the categories. */
export const categoryWords = catalogue({
  en: {
    TECHNOLOGY: "Technology",
    FINANCE: "Finance",
    HEALTH: "Health",
    BUSINESS: "Business",
    LEGAL: "Legal",
    DESIGN: "Design",
    MARKETING: "Marketing",
    EDUCATION: "Education",
  },
  de: {
    TECHNOLOGY: "Technik",
    FINANCE: "Finanzen",
    HEALTH: "Gesundheit",
    BUSINESS: "Wirtschaft",
    LEGAL: "Recht",
    DESIGN: "Gestaltung",
    MARKETING: "Marketing",
    EDUCATION: "Bildung",
  },
});

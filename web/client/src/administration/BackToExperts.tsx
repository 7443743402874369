import { Link } from "react-router";

import { useWords } from "../text/text.tsx";
import { administrationWords } from "./words.ts";

/** Link back to the list of experts. */
export function BackToExperts() {
  return (
    <Link
      to="/administration/experts"
      className="inline-flex min-h-8 items-center justify-self-start pointer-coarse:min-h-11"
    >
      ← {useWords(administrationWords).back}
    </Link>
  );
}

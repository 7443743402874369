import { Link } from "react-router";

import type { Viewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { accountWords } from "./words.ts";

/** Links to the viewer's other pages, such as `/bookings` and, for experts, `/desk`. */
export function ViewerLinks({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  return (
    <nav aria-label={words.ways} className="flex flex-wrap gap-3">
      <Link to="/bookings" className={buttonClass()}>
        {words.bookings}
      </Link>
      {viewer.expert && (
        <>
          <Link to="/desk" className={buttonClass()}>
            {words.desk}
          </Link>
          <Link to="/desk/entry" className={buttonClass()}>
            {words.entry}
          </Link>
          <Link to="/desk/hours" className={buttonClass()}>
            {words.hours}
          </Link>
        </>
      )}
      {viewer.role === "ADMIN" && (
        <Link to="/administration" className={buttonClass()}>
          {words.administration}
        </Link>
      )}
    </nav>
  );
}

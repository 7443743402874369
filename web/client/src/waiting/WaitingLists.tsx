import { Link } from "react-router";

import { useWords } from "../text/text.tsx";
import { useWaits } from "./waits.ts";
import { WaitingLine } from "./WaitingLine.tsx";
import { waitingWords } from "./words.ts";

/**
 * The viewer's places in waiting lists, shown beside the bookings; renders nothing if there are
 * none.
 */
export default function WaitingLists() {
  const text = useWords(waitingWords);
  const waits = useWaits(true);
  if (!waits.length) return null;
  return (
    <section aria-labelledby="waiting" className="grid gap-4 print:hidden">
      <h2 id="waiting" className="text-lg">
        {text.title}
      </h2>
      <ul className="grid gap-4 md:grid-cols-2">
        {waits.map((wait) => (
          <li key={wait.id} className="card grid gap-2 rounded-lg p-5">
            <h3 className="text-base">
              <Link to={`/experts/${wait.expert.slug}`}>{wait.expert.name}</Link>
            </h3>
            <WaitingLine wait={wait} />
          </li>
        ))}
      </ul>
    </section>
  );
}

import { Link } from "react-router";

import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { ExpertHours } from "../hours/ExpertHours.tsx";
import { hoursWords } from "../hours/words.ts";
import { NoExpert } from "./NoExpert.tsx";

/** Page `/desk/hours`, where experts edit their own working hours. */
export default function HoursPage() {
  const text = useWords(hoursWords);
  const { viewer } = useViewer();
  if (!viewer) return null;
  if (!viewer.expert) return <NoExpert />;
  return (
    <ExpertHours expertId={viewer.expert.id} isOwn>
      <Link to="/desk" className="inline-flex min-h-8 items-center pointer-coarse:min-h-11">
        ← {text.back}
      </Link>
    </ExpertHours>
  );
}

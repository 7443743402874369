import { useParams } from "react-router";

import { ExpertHours } from "../../hours/ExpertHours.tsx";
import { BackToExperts } from "../BackToExperts.tsx";

/** Page where an administrator edits an expert's working hours. */
export function ExpertHoursPage() {
  const { id = "" } = useParams();
  return (
    <ExpertHours expertId={id} isOwn={false}>
      <BackToExperts />
    </ExpertHours>
  );
}

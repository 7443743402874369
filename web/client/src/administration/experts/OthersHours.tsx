import { useParams } from "react-router";

import { ExpertHours } from "../../desk/hours/ExpertHours.tsx";
import { Back } from "../Back.tsx";

/** Page where an administrator edits an expert's hours. */
export function OthersHours() {
  const { id = "" } = useParams();
  return (
    <ExpertHours expertId={id} isOwn={false}>
      <Back />
    </ExpertHours>
  );
}

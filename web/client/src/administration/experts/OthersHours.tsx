import { useParams } from "react-router";

import { ExpertHours } from "../../desk/hours/ExpertHours.tsx";
import { Back } from "../Back.tsx";

/** The hours of an expert, to be changed by an administrator. */
export function OthersHours() {
  const { id = "" } = useParams();
  return (
    <ExpertHours expertId={id} isOwn={false}>
      <Back />
    </ExpertHours>
  );
}

import type { FragmentType } from "@apollo/client";
import { useFragment } from "@apollo/client/react";
import type { ReactNode } from "react";

import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import { About } from "./About.tsx";
import { ExpertBand } from "./ExpertBand.tsx";
import { EXPERT_PROFILE } from "./profile.ts";
import { SessionPane } from "./SessionPane.tsx";

interface ExpertFrameProps {
  expert: FragmentType<ExpertProfileFragment>;
  /** The chosen session length in minutes. */
  minutes: number;
  isSignedIn: boolean;
  onMinutes?: ((minutes: number) => void) | undefined;
  actions?: ReactNode;
  /** Two panes: the calendar, and the times of the selected day. */
  times: ReactNode;
}

/**
 * Frame of an expert's page; the caller passes in the calendar and the selected day's times. The
 * early script also renders this frame, before React has loaded.
 */
export function ExpertFrame(props: ExpertFrameProps) {
  const { expert: from, minutes, isSignedIn, onMinutes, actions, times } = props;
  const { data: expert, complete } = useFragment({ fragment: EXPERT_PROFILE, from });
  if (!complete) return null;
  return (
    <div className="grid grid-cols-1 gap-6 pb-8 md:gap-8">
      <ExpertBand expert={expert} actions={actions} />
      <article className="card grid grid-cols-1 rounded-xl shadow-3 md:grid-cols-[16rem_minmax(0,1fr)] lg:grid-cols-[17rem_minmax(0,1fr)_20rem]">
        <SessionPane
          expert={expert}
          minutes={minutes}
          isSignedIn={isSignedIn}
          onMinutes={onMinutes}
        />
        {times}
      </article>
      <About expert={expert} />
    </div>
  );
}

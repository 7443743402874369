import { useQuery } from "@apollo/client/react";
import type { ReactNode } from "react";

import { Failure } from "../app/Failure.tsx";
import { Message } from "../app/Message.tsx";
import { useWords } from "../text/text.tsx";
import { useTitle } from "../ui/title.ts";
import { isMalformedId } from "../api/malformedId.ts";
import { DeskSkeleton } from "../desk/DeskSkeleton.tsx";
import { EXPERT_HOURS } from "./availability.ts";
import { HoursEditor } from "./HoursEditor.tsx";
import { hoursWords } from "./words.ts";

interface ExpertHoursProps {
  expertId: string;
  /** Whether this is the viewer's own calendar. */
  isOwn: boolean;
  /** Link back to the previous page. */
  children: ReactNode;
}

/** An expert's hours, which the expert or an administrator can edit. */
export function ExpertHours({ expertId, isOwn, children }: ExpertHoursProps) {
  const text = useWords(hoursWords);
  const { data, error, refetch } = useQuery(EXPERT_HOURS, {
    variables: { id: expertId },
    fetchPolicy: "cache-and-network",
  });
  const expert = data?.expert;
  const title = isOwn ? text.title : expert ? text.titleOf(expert.name) : "";
  useTitle(title || undefined);
  const isGone = data ? !expert : isMalformedId(error);
  if (error && !data && !isGone) return <Failure retry={() => void refetch()} isOffline />;
  if (isGone) {
    return (
      <Message title={text.goneTitle} body={text.gone}>
        {children}
      </Message>
    );
  }
  return (
    <div className="grid gap-6 py-2 md:py-6">
      <div className="grid justify-items-start gap-1">
        {children}
        <h1 className="min-h-9 text-2xl">{title}</h1>
      </div>
      {expert ? <HoursEditor key={expert.id} expert={expert} isOwn={isOwn} /> : <DeskSkeleton />}
    </div>
  );
}

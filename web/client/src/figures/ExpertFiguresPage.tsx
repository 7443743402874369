import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";

import { Failure } from "../app/Failure.tsx";
import { NoExpert } from "../desk/NoExpert.tsx";
import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { Loading } from "../ui/Loading.tsx";
import { useTitle } from "../ui/title.ts";
import { EXPERT_FIGURES } from "./documents.ts";
import { Figures } from "./Figures.tsx";
import { PeriodPicker } from "./PeriodPicker.tsx";
import { useSpans } from "./useSpans.ts";
import { figureWords } from "./words.ts";

/** Page `/desk/figures`: the expert's bookings and income. */
export default function ExpertFiguresPage() {
  const text = useWords(figureWords);
  const { viewer } = useViewer();
  useTitle(text.title);
  if (!viewer?.expert) return <NoExpert />;
  return (
    <div className="grid gap-6 py-2 md:py-6">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <div>
          <Link to="/desk" className="text-sm">
            {text.desk}
          </Link>
          <h1 className="text-2xl">{text.title}</h1>
        </div>
        <PeriodPicker />
      </div>
      <OfExpert id={viewer.expert.id} />
    </div>
  );
}

function OfExpert({ id }: { id: string }) {
  const spans = useSpans();
  const { data, previousData, error, refetch } = useQuery(EXPERT_FIGURES, {
    variables: { id, ...spans },
    fetchPolicy: "cache-and-network",
  });
  const expert = (data ?? previousData)?.expert;
  if (error && !data) return <Failure retry={() => void refetch()} isOffline />;
  if (!expert) return <Loading />;
  return <Figures figures={expert.figures} earlier={expert.earlier} />;
}

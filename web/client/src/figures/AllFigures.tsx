import { useQuery } from "@apollo/client/react";

import { Failure } from "../app/Failure.tsx";
import { useWords } from "../text/text.tsx";
import { Loading } from "../ui/Loading.tsx";
import { ALL_FIGURES } from "./documents.ts";
import { Figures } from "./Figures.tsx";
import { PeriodPicker } from "./PeriodPicker.tsx";
import { useSpans } from "./useSpans.ts";
import { figureWords } from "./words.ts";

/** Bookings and income of all experts, for administrators. */
export default function AllFigures() {
  const text = useWords(figureWords);
  const variables = useSpans();
  const { data, previousData, error, refetch } = useQuery(ALL_FIGURES, {
    variables,
    fetchPolicy: "cache-and-network",
  });
  const shown = data ?? previousData;
  if (error && !data) return <Failure retry={() => void refetch()} isOffline />;
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-xl">{text.title}</h1>
        <PeriodPicker />
      </div>
      {shown ? <Figures figures={shown.figures} earlier={shown.earlier} /> : <Loading />}
    </div>
  );
}

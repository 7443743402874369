import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";

import { Failure } from "../../app/Failure.tsx";
import { ONE_EXPERT } from "../../profile/documents.ts";
import { useViewer } from "../../session/Viewer.tsx";
import { useWords } from "../../text/text.tsx";
import { buttonClass } from "../../ui/Button.tsx";
import { useTitle } from "../../ui/title.ts";
import { DeskSkeleton } from "../DeskSkeleton.tsx";
import { NoExpert } from "../NoExpert.tsx";
import { EntryForm } from "./EntryForm.tsx";
import { Photo } from "./Photo.tsx";
import { entryWords } from "./words.ts";

/** Page `/desk/entry`, where experts edit their own entry in the directory. */
export default function EntryPage() {
  const { viewer } = useViewer();
  if (!viewer) return null;
  return viewer.expert ? <Entry expertId={viewer.expert.id} /> : <NoExpert />;
}

function Entry({ expertId }: { expertId: string }) {
  const text = useWords(entryWords);
  const { data, error, refetch } = useQuery(ONE_EXPERT, {
    variables: { id: expertId },
    fetchPolicy: "cache-and-network",
  });
  useTitle(text.title);
  const expert = data?.expert;
  if (!expert) {
    return error ? <Failure retry={() => void refetch()} isOffline /> : <DeskSkeleton />;
  }
  return (
    <div className="grid gap-6 py-2 md:py-6">
      <div className="grid justify-items-start gap-1">
        <Link to="/desk" className="inline-flex min-h-8 items-center pointer-coarse:min-h-11">
          ← {text.back}
        </Link>
        <div className="flex w-full flex-wrap items-end justify-between gap-3">
          <div>
            <h1 className="text-2xl">{text.title}</h1>
            <p className="text-muted">{text.lead}</p>
          </div>
          <Link to={`/experts/${expert.slug}`} className={buttonClass()}>
            {text.asClients}
          </Link>
        </div>
      </div>
      <section aria-labelledby="photo" className="card grid gap-4 p-5 md:p-7">
        <h2 id="photo" className="text-lg">
          {text.photo}
        </h2>
        <Photo expert={expert} />
      </section>
      <section aria-labelledby="about" className="card grid gap-4 p-5 md:p-7">
        <h2 id="about" className="text-lg">
          {text.form}
        </h2>
        <EntryForm key={expert.id} expert={expert} />
      </section>
    </div>
  );
}

import { useMutation, useQuery } from "@apollo/client/react";
import { type SubmitEvent, useEffect, useMemo, useRef, useState } from "react";
import { Link, useParams } from "react-router";

import type { AdministeredExpertFragment } from "../../api/gql/graphql.ts";
import { Failure } from "../../app/Failure.tsx";
import { Message } from "../../app/Message.tsx";
import { appWords } from "../../app/words.ts";
import { isMalformedId } from "../../desk/malformedId.ts";
import type { Problems } from "../../desk/hours/spans.ts";
import { useText, useWords } from "../../text/text.tsx";
import { Button, buttonClass } from "../../ui/Button.tsx";
import { problemsByField } from "../../ui/problems.ts";
import { toast, toastError } from "../../ui/toast.tsx";
import { BackToExperts } from "../BackToExperts.tsx";
import { FormSection } from "../FormSection.tsx";
import { TableSkeleton } from "../Table.tsx";
import { administrationWords } from "../words.ts";
import { ONE_EXPERT, UPDATE_EXPERT } from "./documents.ts";
import { ListingSection } from "./ListingSection.tsx";
import { changedInput, mapServerProblems, type Profile, validate, toProfile } from "./profile.ts";
import { ProfileFields } from "./ProfileFields.tsx";

/** Form to edit an expert's profile. */
export function EditExpert() {
  const text = useWords(administrationWords);
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery(ONE_EXPERT, {
    variables: { id },
    fetchPolicy: "cache-and-network",
  });
  const isGone = data ? !data.expert : isMalformedId(error);
  if (error && !data && !isGone) return <Failure retry={() => void refetch()} isOffline />;
  if (isGone) {
    return (
      <Message title={text.goneTitle} body={text.gone}>
        <BackToExperts />
      </Message>
    );
  }
  if (!data?.expert) return <TableSkeleton />;
  const { name, slug } = data.expert;
  return (
    <div className="grid gap-4">
      <BackToExperts />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl">{name}</h1>
        <div className="flex flex-wrap gap-2">
          <Link to={`/experts/${slug}`} className={buttonClass()}>
            {text.page}
          </Link>
          <Link to={`/administration/experts/${id}/hours`} className={buttonClass()}>
            {text.hours}
          </Link>
        </div>
      </div>
      <ProfileForm key={id} expert={data.expert} />
      <ListingSection expert={data.expert} />
    </div>
  );
}

function ProfileForm({ expert }: { expert: AdministeredExpertFragment }) {
  const text = useWords(administrationWords);
  const { errors } = useWords(appWords);
  const { locale } = useText();
  const saved = useMemo(() => toProfile(expert, locale), [expert, locale]);
  const [edited, setEdited] = useState<Profile>();
  const [problems, setProblems] = useState<Problems>();
  const [refusal, setRefusal] = useState("");
  const [updateExpert, { loading }] = useMutation(UPDATE_EXPERT);
  const form = useRef<HTMLFormElement>(null);
  const profile = edited ?? saved;
  useEffect(() => {
    if (problems) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [problems]);

  async function send(): Promise<void> {
    setRefusal("");
    setProblems(undefined);
    const found = validate(profile, text);
    if (Object.keys(found).length) {
      setProblems(found);
      return;
    }
    const changes = changedInput(saved, profile);
    if (!Object.keys(changes).length) return void toast(text.nothing);
    const { data } = await updateExpert({
      variables: { input: { expertId: expert.id, ...changes } },
    });
    const answer = data?.updateExpert;
    if (answer?.__typename === "InvalidInput") {
      const translated = answer.fields.map(({ field, message }) => ({
        field,
        message: text.problem(message),
      }));
      setProblems(mapServerProblems(problemsByField(translated)));
      return;
    }
    if (answer?.__typename !== "Expert") {
      setRefusal(text.problem(answer?.message ?? ""));
      return;
    }
    setEdited(undefined);
    void toast(text.saved(answer.name));
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (!loading) send().catch(() => void toastError(errors.unexpected));
  }

  return (
    <form ref={form} noValidate onSubmit={submit}>
      <FormSection title={text.profile}>
        <ProfileFields profile={profile} problems={problems ?? {}} hasName onChange={setEdited} />
        <p role="alert" className="text-danger empty:hidden">
          {refusal || (problems && text.correct)}
        </p>
        <Button type="submit" kind="primary" isBusy={loading} className="justify-self-start">
          {loading ? text.saving : text.save}
        </Button>
      </FormSection>
    </form>
  );
}

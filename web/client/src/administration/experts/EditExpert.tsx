import { useMutation, useQuery } from "@apollo/client/react";
import { Link, useParams } from "react-router";

import type { EditedExpertFragment } from "../../api/gql/graphql.ts";
import { isMalformedId } from "../../api/malformedId.ts";
import { Failure } from "../../app/Failure.tsx";
import { Message } from "../../app/Message.tsx";
import { ONE_EXPERT } from "../../profile/documents.ts";
import { useProfileForm } from "../../profile/useProfileForm.ts";
import { useWords } from "../../text/text.tsx";
import { Button, buttonClass } from "../../ui/Button.tsx";
import { BackToExperts } from "../BackToExperts.tsx";
import { FormSection } from "../FormSection.tsx";
import { TableSkeleton } from "../Table.tsx";
import { administrationWords } from "../words.ts";
import { UPDATE_EXPERT } from "./documents.ts";
import { ListingSection } from "./ListingSection.tsx";
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

function ProfileForm({ expert }: { expert: EditedExpertFragment }) {
  const text = useWords(administrationWords);
  const [updateExpert] = useMutation(UPDATE_EXPERT);
  const { form, profile, problems, refusal, isBusy, edit, submit } = useProfileForm(expert, {
    words: text,
    saved: text.saved,
    async update(changes) {
      const input = { expertId: expert.id, ...changes };
      return (await updateExpert({ variables: { input } })).data?.updateExpert;
    },
  });
  return (
    <form ref={form} noValidate onSubmit={submit}>
      <FormSection title={text.profile}>
        <ProfileFields profile={profile} problems={problems ?? {}} hasName onChange={edit} />
        <p role="alert" className="text-danger empty:hidden">
          {refusal || (problems && text.correct)}
        </p>
        <Button type="submit" kind="primary" isBusy={isBusy} className="justify-self-start">
          {isBusy ? text.saving : text.save}
        </Button>
      </FormSection>
    </form>
  );
}

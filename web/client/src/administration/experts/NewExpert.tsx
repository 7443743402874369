import { skipToken, useMutation, useQuery } from "@apollo/client/react";
import { type SubmitEvent, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";

import type { FutureExpertQuery } from "../../api/gql/graphql.ts";
import { Failure } from "../../app/Failure.tsx";
import { Message } from "../../app/Message.tsx";
import { appWords } from "../../app/words.ts";
import { isMalformedId } from "../../api/malformedId.ts";
import { OfferFields } from "../../hours/OfferFields.tsx";
import { WeekFields } from "../../hours/WeekFields.tsx";
import { hoursWords } from "../../hours/words.ts";
import { useWords } from "../../text/text.tsx";
import type { Money } from "../../time/formats.ts";
import { Button, buttonClass } from "../../ui/Button.tsx";
import { problemsByField } from "../../ui/problems.ts";
import { toast, toastError } from "../../ui/toast.tsx";
import { useProblems } from "../../ui/useProblems.ts";
import { BackToExperts } from "../BackToExperts.tsx";
import { FormSection } from "../FormSection.tsx";
import { TableSkeleton } from "../Table.tsx";
import { administrationWords } from "../words.ts";
import { CREATE_EXPERT, NEW_EXPERT_DATA } from "./documents.ts";
import {
  initialDraft,
  toInput,
  type NewExpertDraft,
  mapServerProblems,
  validate,
} from "./newExpert.ts";
import { ProfileFields } from "./ProfileFields.tsx";

type Account = Extract<NonNullable<FutureExpertQuery["node"]>, { __typename: "User" }>;

/** Page `/administration/experts/new?user=…`, where an administrator makes a user an expert. */
export function NewExpert() {
  const text = useWords(administrationWords);
  const id = useSearchParams()[0].get("user") ?? "";
  const { data, error, refetch } = useQuery(
    NEW_EXPERT_DATA,
    id ? { variables: { id }, fetchPolicy: "network-only" } : skipToken,
  );
  if (error && !isMalformedId(error)) return <Failure retry={() => void refetch()} isOffline />;
  if (id && !data && !error) return <TableSkeleton />;
  const account = data?.node?.__typename === "User" ? data.node : undefined;
  if (!account || account.expert) {
    return (
      <Message title={account ? text.isExpert : text.goneTitle} body={account ? "" : text.gone}>
        <Link to="/administration/users" className={buttonClass()}>
          {text.tabs.users}
        </Link>
      </Message>
    );
  }
  const price = data?.experts.nodes[0]?.hourlyRate;
  return <NewExpertForm key={account.id} account={account} price={price} />;
}

interface NewExpertFormProps {
  account: Account;
  /** The price of any other expert, for its currency; undefined if there are no experts. */
  price: Money | undefined;
}

function NewExpertForm({ account, price }: NewExpertFormProps) {
  const text = useWords(administrationWords);
  const words = useWords(hoursWords);
  const { errors } = useWords(appWords);
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => initialDraft(account, price));
  const { form, problems, setProblems } = useProblems();
  const [createExpert, { loading }] = useMutation(CREATE_EXPERT, {
    update(cache) {
      cache.evict({ fieldName: "experts" });
      cache.evict({ fieldName: "categories" });
      cache.evict({ id: `User:${account.id}`, fieldName: "expert" });
    },
  });
  const edit = (changed: Partial<NewExpertDraft>) => setDraft({ ...draft, ...changed });

  async function send(): Promise<void> {
    const found = validate(draft, { ...text, ...words });
    if (Object.keys(found).length) {
      setProblems(found);
      return;
    }
    const { data } = await createExpert({
      variables: { input: { userId: account.id, ...toInput(draft) } },
    });
    const answer = data?.createExpert;
    if (answer?.__typename === "InvalidInput") {
      const translated = answer.fields.map(({ field, message }) => ({
        field,
        message: words.problem(message),
      }));
      setProblems(mapServerProblems(problemsByField(translated), draft));
      return;
    }
    if (answer?.__typename !== "Expert") {
      setProblems({ userId: text.problem(answer?.message ?? "") });
      return;
    }
    void toast(text.created(answer.name));
    await navigate(`/administration/experts/${answer.id}`);
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (!loading) send().catch(() => void toastError(errors.unexpected));
  }

  return (
    <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
      <BackToExperts />
      <div>
        <h1 className="text-xl">{text.createTitle(account.name)}</h1>
        <p className="text-muted">
          {account.email} · {text.createLead}
        </p>
      </div>
      <FormSection title={text.profile}>
        <ProfileFields
          profile={draft.profile}
          problems={problems ?? {}}
          asksCurrency={!price}
          onChange={(profile) => edit({ profile })}
        />
      </FormSection>
      <FormSection title={text.offered}>
        <OfferFields
          offers={draft.offers}
          currency={draft.profile.currency}
          problems={problems ?? {}}
          onChange={(offers) => edit({ offers })}
        />
      </FormSection>
      <FormSection title={text.weekly}>
        <WeekFields
          week={draft.week}
          problems={problems ?? {}}
          onChange={(week) => edit({ week })}
        />
      </FormSection>
      <p role="alert" className="text-danger empty:hidden">
        {problems && (problems.userId ?? text.correct)}
      </p>
      <Button type="submit" kind="primary" isBusy={loading} className="justify-self-start">
        {loading ? text.creating : text.create}
      </Button>
    </form>
  );
}

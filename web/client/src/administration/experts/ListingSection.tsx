import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";

import type { EditedExpertFragment } from "../../api/gql/graphql.ts";
import { appWords } from "../../app/words.ts";
import { useWords } from "../../text/text.tsx";
import { Button } from "../../ui/Button.tsx";
import { toast, toastError } from "../../ui/toast.tsx";
import { ConfirmDialog } from "../ConfirmDialog.tsx";
import { FormSection } from "../FormSection.tsx";
import { administrationWords } from "../words.ts";
import { LISTED_EXPERTS, UPDATE_EXPERT } from "./documents.ts";

/** Shows whether the directory lists an expert, with a button to list or unlist the expert. */
export function ListingSection({ expert: { id, name } }: { expert: EditedExpertFragment }) {
  const text = useWords(administrationWords);
  const { errors } = useWords(appWords);
  const { data } = useQuery(LISTED_EXPERTS, {
    variables: { name },
    fetchPolicy: "cache-and-network",
  });
  const [updateExpert, { loading }] = useMutation(UPDATE_EXPERT, {
    update(cache) {
      // Remove the directory's cached lists and counts, because they are out of date.
      cache.evict({ fieldName: "experts" });
      cache.evict({ fieldName: "categories" });
    },
  });
  const [isAsked, setIsAsked] = useState(false);
  const isListed = data?.experts.nodes.some((other) => other.id === id);

  /** List or unlist the expert; resolve to the reason if the server refuses, otherwise to "". */
  async function setDisabled(disabled: boolean): Promise<string> {
    try {
      const { data } = await updateExpert({ variables: { input: { expertId: id, disabled } } });
      const answer = data?.updateExpert;
      if (answer && answer.__typename !== "Expert") return text.problem(answer.message);
      setIsAsked(false);
      void toast(disabled ? text.unlisted(name) : text.relisted(name));
    } catch {
      void toastError(errors.unexpected);
    }
    return "";
  }

  async function listAgain(): Promise<void> {
    const reason = await setDisabled(false);
    if (reason) void toastError(reason);
  }

  return (
    <FormSection
      title={text.listing}
      lead={isListed === undefined ? "…" : isListed ? text.listedLead : text.notListedLead}
    >
      {isListed !== undefined && (
        <Button
          kind={isListed ? "danger" : "primary"}
          className="justify-self-start"
          isBusy={loading && !isAsked}
          onClick={() => (isListed ? setIsAsked(true) : void listAgain())}
        >
          {isListed ? text.unlist : text.list}
        </Button>
      )}
      {isAsked && (
        <ConfirmDialog
          title={text.askUnlist(name)}
          body={text.askUnlistBody}
          action={text.unlist}
          isBusy={loading}
          onConfirm={() => setDisabled(true)}
          onClose={() => setIsAsked(false)}
        />
      )}
    </FormSection>
  );
}

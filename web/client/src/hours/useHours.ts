import { useApolloClient, useMutation } from "@apollo/client/react";
import { today as todayIn } from "@internationalized/date";
import { useMemo, useState } from "react";

import type { HoursFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { useText, useWords } from "../text/text.tsx";
import { type Problems, problemsByField } from "../ui/problems.ts";
import { toast, toastError } from "../ui/toast.tsx";
import { EXPERT_HOURS, SET_AVAILABILITY } from "./availability.ts";
import { changedInput, type Draft, toDraft, mapServerProblems, validateDraft } from "./draft.ts";
import type { OutsideBookings } from "./BookingsOutsideHours.tsx";
import { reapply } from "./reapply.ts";
import { hoursWords } from "./words.ts";

/** A draft, and the saved hours that the draft changes. */
interface Edited {
  readonly of: HoursFragment;
  readonly draft: Draft;
}

/** The reason why nothing was saved: invalid fields, or a refusal. */
export interface SaveFailure {
  readonly problems: Problems;
  readonly isRefused: boolean;
}

/** State of the hours editor: the draft, its unsaved changes, and a function to save them. */
export function useHours(expert: HoursFragment) {
  const text = useWords(hoursWords);
  const { errors } = useWords(appWords);
  const { locale } = useText();
  const today = todayIn(expert.timeZone).toString();
  const client = useApolloClient();
  const [edited, setEdited] = useState<Edited>();
  // The user's changes that were not saved because the hours had been changed elsewhere.
  const [kept, setKept] = useState<Edited>();
  const base = edited?.of ?? expert;
  const saved = useMemo(() => toDraft(base, today, locale), [base, today, locale]);
  const [failure, setFailure] = useState<SaveFailure>();
  const [outside, setOutside] = useState<OutsideBookings>([]);
  const [setAvailability, { loading }] = useMutation(SET_AVAILABILITY);
  const draft = edited?.draft ?? saved;
  const changes = changedInput(base, saved, draft);

  /** Return the current draft with the given unsaved changes applied to it. */
  function withKept({ of, draft: changed }: Edited): Draft {
    return reapply({ saved: toDraft(of, today, locale), draft: changed }, draft, today);
  }

  async function send(): Promise<void> {
    if (!Object.keys(changes).length) return;
    const found = validateDraft(draft, expert.hourlyRate.decimals, text);
    if (Object.keys(found).length) {
      setFailure({ problems: found, isRefused: false });
      return;
    }
    const { version } = base.availability;
    const { data } = await setAvailability({
      variables: { input: { expertId: expert.id, expectedVersion: version, ...changes } },
    });
    const answer = data?.setAvailability;
    if (answer?.__typename === "InvalidInput") {
      const translated = answer.fields.map(({ field, message }) => ({
        field,
        message: text.problem(message),
      }));
      setFailure({
        problems: mapServerProblems(problemsByField(translated), draft),
        isRefused: false,
      });
      return;
    }
    if (answer?.__typename === "AvailabilityChanged") {
      const variables = { id: expert.id };
      await client.query({ query: EXPERT_HOURS, variables, fetchPolicy: "network-only" });
      setKept({ of: base, draft: kept ? withKept(kept) : draft });
      setEdited(undefined);
      setFailure(undefined);
      return;
    }
    if (answer?.__typename !== "AvailabilitySet") {
      setFailure({ problems: {}, isRefused: true });
      return;
    }
    setFailure(undefined);
    setEdited(undefined);
    setOutside(answer.outside);
    void toast(text.saved);
  }

  return {
    draft,
    today,
    isDirty: Object.keys(changes).length > 0,
    isSaving: loading,
    failure,
    outside,
    /** Whether some changes were not saved because the hours had been changed elsewhere. */
    hasKept: kept !== undefined,
    /** Apply the changes that were not saved to the hours that are shown now. */
    applyKept: () => {
      if (kept) setEdited({ of: base, draft: withKept(kept) });
      setKept(undefined);
    },
    discardKept: () => setKept(undefined),
    edit: (changed: Partial<Draft>) => setEdited({ of: base, draft: { ...draft, ...changed } }),
    reset: () => {
      setEdited(undefined);
      setFailure(undefined);
    },
    dismissOutside: () => setOutside([]),
    save: () => send().catch(() => void toastError(errors.unexpected)),
  };
}

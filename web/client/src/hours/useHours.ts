import { useMutation } from "@apollo/client/react";
import { today as todayIn } from "@internationalized/date";
import { useMemo, useState } from "react";

import type { HoursFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { useText, useWords } from "../text/text.tsx";
import { type Problems, problemsByField } from "../ui/problems.ts";
import { toast, toastError } from "../ui/toast.tsx";
import { SET_AVAILABILITY } from "./availability.ts";
import { changedInput, type Draft, toDraft, mapServerProblems, validateDraft } from "./draft.ts";
import type { OutsideBookings } from "./BookingsOutsideHours.tsx";
import { hoursWords } from "./words.ts";

/** Why nothing was saved: invalid fields, or a refusal. */
export interface SaveFailure {
  readonly problems: Problems;
  readonly isRefused: boolean;
}

/** State of the hours editor: the draft, its changes, and saving them. */
export function useHours(expert: HoursFragment) {
  const text = useWords(hoursWords);
  const { errors } = useWords(appWords);
  const { locale } = useText();
  const today = todayIn(expert.timeZone).toString();
  const saved = useMemo(() => toDraft(expert, today, locale), [expert, today, locale]);
  const [edited, setEdited] = useState<Draft>();
  const [failure, setFailure] = useState<SaveFailure>();
  const [outside, setOutside] = useState<OutsideBookings>([]);
  const [setAvailability, { loading }] = useMutation(SET_AVAILABILITY);
  const draft = edited ?? saved;
  const changes = changedInput(expert, saved, draft);

  async function send(): Promise<void> {
    if (!Object.keys(changes).length) return;
    const found = validateDraft(draft, expert.hourlyRate.decimals, text);
    if (Object.keys(found).length) {
      setFailure({ problems: found, isRefused: false });
      return;
    }
    const { data } = await setAvailability({
      variables: { input: { expertId: expert.id, ...changes } },
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
    edit: (changed: Partial<Draft>) => setEdited({ ...draft, ...changed }),
    reset: () => {
      setEdited(undefined);
      setFailure(undefined);
    },
    dismissOutside: () => setOutside([]),
    save: () => send().catch(() => void toastError(errors.unexpected)),
  };
}

import { useMutation } from "@apollo/client/react";
import { today as todayIn } from "@internationalized/date";
import { useMemo, useState } from "react";

import type { HoursFragment } from "../../api/gql/graphql.ts";
import { appWords } from "../../app/words.ts";
import { useText, useWords } from "../../text/text.tsx";
import { problemsByField } from "../../ui/problems.ts";
import { toast, toastError } from "../../ui/toast.tsx";
import { SET_AVAILABILITY } from "./availability.ts";
import { changesOf, type Draft, draftOf, placed, problemsOf } from "./draft.ts";
import type { OutsideBookings } from "./Outside.tsx";
import type { Problems } from "./spans.ts";
import { hoursWords } from "./words.ts";

/** Why nothing was saved: invalid fields, or a refusal. */
export interface Unsaved {
  readonly problems: Problems;
  readonly isRefused: boolean;
}

/** State of the hours editor: the draft, its changes, and saving them. */
export function useHours(expert: HoursFragment) {
  const text = useWords(hoursWords);
  const { errors } = useWords(appWords);
  const { locale } = useText();
  const today = todayIn(expert.timeZone).toString();
  const saved = useMemo(() => draftOf(expert, today, locale), [expert, today, locale]);
  const [edited, setEdited] = useState<Draft>();
  const [unsaved, setUnsaved] = useState<Unsaved>();
  const [outside, setOutside] = useState<OutsideBookings>([]);
  const [setAvailability, { loading }] = useMutation(SET_AVAILABILITY);
  const draft = edited ?? saved;
  const changes = changesOf(expert, saved, draft);

  async function send(): Promise<void> {
    if (!Object.keys(changes).length) return;
    const found = problemsOf(draft, expert.hourlyRate.currency, text);
    if (Object.keys(found).length) return setUnsaved({ problems: found, isRefused: false });
    const { data } = await setAvailability({
      variables: { input: { expertId: expert.id, ...changes } },
    });
    const answer = data?.setAvailability;
    if (answer?.__typename === "InvalidInput") {
      const said = answer.fields.map(({ field, message }) => ({
        field,
        message: text.problem(message),
      }));
      return setUnsaved({ problems: placed(problemsByField(said), draft), isRefused: false });
    }
    if (answer?.__typename !== "AvailabilitySet")
      return setUnsaved({ problems: {}, isRefused: true });
    setUnsaved(undefined);
    setEdited(undefined);
    setOutside(answer.outside);
    void toast(text.saved);
  }

  return {
    draft,
    today,
    isDirty: Object.keys(changes).length > 0,
    isSaving: loading,
    unsaved,
    outside,
    edit: (changed: Partial<Draft>) => setEdited({ ...draft, ...changed }),
    reset() {
      setEdited(undefined);
      setUnsaved(undefined);
    },
    seen: () => setOutside([]),
    save: () => send().catch(() => void toastError(errors.unexpected)),
  };
}

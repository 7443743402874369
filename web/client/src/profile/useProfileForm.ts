import { type RefObject, type SubmitEvent, useMemo, useState } from "react";

import type { EditedExpertFragment, UpdateExpertInput } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { useText, useWords } from "../text/text.tsx";
import { type Problems, problemsByField } from "../ui/problems.ts";
import { toast, toastError } from "../ui/toast.tsx";
import { useProblems } from "../ui/useProblems.ts";
import {
  changedInput,
  mapServerProblems,
  type Profile,
  type ProfileWords,
  toProfile,
  validate,
} from "./profile.ts";

/** Changed fields of a profile. */
export type ProfileChanges = Omit<UpdateExpertInput, "expertId">;

type Answer =
  | { readonly __typename: "Expert"; readonly name: string }
  | {
      readonly __typename: "InvalidInput";
      readonly fields: readonly { readonly field: string; readonly message: string }[];
    }
  | { readonly __typename: string; readonly message?: string };

interface FormWords extends ProfileWords {
  readonly nothing: string;
  /** Translate a message from the server into the user's language. */
  problem: (message: string) => string;
}

interface Options {
  readonly words: FormWords;
  /** Return the message that confirms that the profile with this name was saved. */
  readonly saved: (name: string) => string;
  /** Send the changes; resolve to the server's response. */
  readonly update: (changes: ProfileChanges) => Promise<Answer | undefined>;
}

interface ProfileForm {
  readonly form: RefObject<HTMLFormElement | null>;
  readonly profile: Profile;
  readonly problems: Problems | undefined;
  /**
   * The reason why nothing was saved, if it does not concern a particular field; otherwise empty.
   */
  readonly refusal: string;
  readonly isBusy: boolean;
  edit: (profile: Profile) => void;
  submit: (event: SubmitEvent) => void;
}

/** State of a form that edits an expert's profile; only changed fields are sent. */
export function useProfileForm(
  expert: EditedExpertFragment,
  { words, saved, update }: Options,
): ProfileForm {
  const { errors } = useWords(appWords);
  const { locale } = useText();
  const before = useMemo(() => toProfile(expert, locale), [expert, locale]);
  const [edited, setEdited] = useState<Profile>();
  const { form, problems, setProblems } = useProblems();
  const [refusal, setRefusal] = useState("");
  const [isBusy, setBusy] = useState(false);
  const profile = edited ?? before;

  async function send(): Promise<void> {
    setRefusal("");
    const found = validate(profile, words);
    const hasProblems = Object.keys(found).length > 0;
    setProblems(hasProblems ? found : undefined);
    if (hasProblems) return;
    const changes = changedInput(before, profile);
    if (!Object.keys(changes).length) return void toast(words.nothing);
    const answer = await update(changes);
    if (answer && "fields" in answer) {
      setProblems(mapServerProblems(problemsByField(answer.fields, words.problem)));
    } else if (answer && "name" in answer) {
      setEdited(undefined);
      void toast(saved(answer.name));
    } else if (answer?.message) {
      setRefusal(words.problem(answer.message));
    } else {
      void toastError(errors.unexpected);
    }
  }

  return {
    form,
    profile,
    problems,
    refusal,
    isBusy,
    edit: setEdited,
    submit(event) {
      event.preventDefault();
      if (isBusy) return;
      setBusy(true);
      send()
        .catch(() => void toastError(errors.unexpected))
        .finally(() => setBusy(false));
    },
  };
}

import { useMutation } from "@apollo/client/react";
import { type SubmitEvent, useEffect, useMemo, useRef, useState } from "react";

import {
  changedInput,
  mapServerProblems,
  type Profile,
  toProfile,
  validate,
} from "../../administration/experts/profile.ts";
import { graphql } from "../../api/gql/gql.ts";
import type { AdministeredExpertFragment } from "../../api/gql/graphql.ts";
import { appWords } from "../../app/words.ts";
import { useText, useWords } from "../../text/text.tsx";
import { timeZones } from "../../time/preferences.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { problemsByField } from "../../ui/problems.ts";
import { Select } from "../../ui/Select.tsx";
import { toast, toastError } from "../../ui/toast.tsx";
import type { Problems } from "../hours/spans.ts";
import { entryWords } from "./words.ts";

const UPDATE_MY_EXPERT = graphql(`
  mutation UpdateMyExpert($input: UpdateMyExpertInput!) {
    updateMyExpert(input: $input) {
      ... on Expert {
        ...AdministeredExpert @unmask
      }
      ... on InvalidInput {
        fields {
          field
          message
        }
      }
    }
  }
`);

/** Form in which experts describe themselves; only what has changed is sent. */
export function EntryForm({ expert }: { expert: AdministeredExpertFragment }) {
  const text = useWords(entryWords);
  const { errors } = useWords(appWords);
  const { locale } = useText();
  const saved = useMemo(() => toProfile(expert, locale), [expert, locale]);
  const [edited, setEdited] = useState<Profile>();
  const [problems, setProblems] = useState<Problems>();
  const [update, { loading }] = useMutation(UPDATE_MY_EXPERT);
  const form = useRef<HTMLFormElement>(null);
  const profile = edited ?? saved;
  useEffect(() => {
    if (problems) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [problems]);

  async function send(): Promise<void> {
    setProblems(undefined);
    const found = validate(profile, text);
    if (Object.keys(found).length) {
      setProblems(found);
      return;
    }
    const input = changedInput(saved, profile);
    if (!Object.keys(input).length) return void toast(text.nothing);
    const { data } = await update({ variables: { input } });
    const answer = data?.updateMyExpert;
    if (answer?.__typename === "InvalidInput") {
      setProblems(mapServerProblems(problemsByField(answer.fields, text.problem)));
    } else if (answer?.__typename === "Expert") {
      setEdited(undefined);
      void toast(text.saved);
    } else {
      void toastError(errors.unexpected);
    }
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (!loading) send().catch(() => void toastError(errors.unexpected));
  }

  /** Return the props of the text field with this name. */
  function field(name: Exclude<keyof Profile, "category" | "timeZone" | "decimals">) {
    return {
      value: profile[name],
      problem: problems?.[name],
      autoComplete: "off",
      onChange: ({ target }: { target: { value: string } }) =>
        setEdited({ ...profile, [name]: target.value }),
    };
  }

  return (
    <form ref={form} noValidate onSubmit={submit} className="grid items-start gap-4 sm:grid-cols-2">
      <div className="sm:col-span-2">
        <Field label={text.titleField} hint={text.titleHint} {...field("title")} />
      </div>
      <div className="sm:col-span-2">
        <Field label={text.bio} hint={text.bioHint} rows={6} {...field("bio")} />
      </div>
      <Field label={text.years} inputMode="numeric" {...field("experienceYears")} />
      <Field label={text.languages} hint={text.languagesHint} {...field("languages")} />
      <Field
        label={text.rate(profile.currency)}
        hint={text.rateHint}
        inputMode="decimal"
        {...field("hourlyRate")}
      />
      <Select
        label={text.zone}
        value={profile.timeZone}
        onChange={({ target }) => setEdited({ ...profile, timeZone: target.value })}
      >
        {timeZones(profile.timeZone).map((zone) => (
          <option key={zone} value={zone}>
            {zone.replaceAll("_", " ")}
          </option>
        ))}
      </Select>
      <div className="sm:col-span-2">
        <Field
          label={text.contactEmail}
          hint={text.contactEmailHint}
          type="email"
          {...field("contactEmail")}
        />
      </div>
      <div className="grid justify-items-start gap-3 sm:col-span-2">
        <p role="alert" className="text-danger empty:hidden">
          {problems && text.correct}
        </p>
        <Button type="submit" kind="primary" isBusy={loading}>
          {loading ? text.saving : text.save}
        </Button>
      </div>
    </form>
  );
}

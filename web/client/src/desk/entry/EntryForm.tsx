import { useMutation } from "@apollo/client/react";

import { graphql } from "../../api/gql/gql.ts";
import type { EditedExpertFragment } from "../../api/gql/graphql.ts";
import type { Profile } from "../../profile/profile.ts";
import { useProfileForm } from "../../profile/useProfileForm.ts";
import { useWords } from "../../text/text.tsx";
import { timeZones } from "../../time/zones.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { Select } from "../../ui/Select.tsx";
import { entryWords } from "./words.ts";

const UPDATE_MY_EXPERT = graphql(`
  mutation UpdateMyExpert($input: UpdateMyExpertInput!) {
    updateMyExpert(input: $input) {
      ... on Expert {
        ...EditedExpert @unmask
      }
      ... on InvalidInput {
        fields {
          field
          message
        }
      }
      ... on Refusal {
        message
      }
    }
  }
`);

/** Form in which experts edit their directory entry; only changed fields are sent. */
export function EntryForm({ expert }: { expert: EditedExpertFragment }) {
  const text = useWords(entryWords);
  const [updateExpert] = useMutation(UPDATE_MY_EXPERT);
  const { form, profile, problems, refusal, isBusy, edit, submit } = useProfileForm(expert, {
    words: text,
    saved: () => text.saved,
    async update(input) {
      return (await updateExpert({ variables: { input } })).data?.updateMyExpert;
    },
  });

  /** Return the props of the text field that edits the given property of the profile. */
  function field(name: Exclude<keyof Profile, "category" | "timeZone" | "decimals">) {
    return {
      value: profile[name],
      problem: problems?.[name],
      autoComplete: "off",
      onChange: ({ target }: { target: { value: string } }) =>
        edit({ ...profile, [name]: target.value }),
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
        onChange={({ target }) => edit({ ...profile, timeZone: target.value })}
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
          {refusal || (problems && text.correct)}
        </p>
        <Button type="submit" kind="primary" isBusy={isBusy}>
          {isBusy ? text.saving : text.save}
        </Button>
      </div>
    </form>
  );
}

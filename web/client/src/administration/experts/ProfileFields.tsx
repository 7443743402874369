import type { Category } from "../../api/gql/graphql.ts";
import { categoryWords } from "../../directory/categoryWords.ts";
import { useWords } from "../../text/text.tsx";
import { timeZones } from "../../time/zones.ts";
import { Field } from "../../ui/Field.tsx";
import { Select } from "../../ui/Select.tsx";
import { administrationWords } from "../words.ts";
import { CATEGORIES, type Profile } from "../../profile/profile.ts";
import type { Problems } from "../../ui/problems.ts";

interface ProfileFieldsProps {
  profile: Profile;
  problems: Problems;
  /** Whether the name can be edited; a new expert gets the name of the account instead. */
  hasName?: boolean;
  /** Whether to ask for a currency, because no expert has set one yet. */
  asksCurrency?: boolean;
  onChange: (profile: Profile) => void;
}

/** Form fields for an expert's profile. */
export function ProfileFields(props: ProfileFieldsProps) {
  const { profile, problems, hasName = false, asksCurrency = false, onChange } = props;
  const text = useWords(administrationWords);
  const categories = useWords(categoryWords);

  /** Return the props of the text field that edits the given property of the profile. */
  function field(name: Exclude<keyof Profile, "category" | "timeZone" | "decimals">) {
    return {
      value: profile[name],
      problem: problems[name],
      autoComplete: "off",
      onChange: ({ target }: { target: { value: string } }) =>
        onChange({ ...profile, [name]: target.value }),
    };
  }

  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      {hasName && <Field label={text.name} {...field("name")} />}
      <Field label={text.titleField} hint={text.titleHint} {...field("title")} />
      <Select
        label={text.category}
        value={profile.category}
        onChange={({ target }) => onChange({ ...profile, category: target.value as Category })}
      >
        {CATEGORIES.map((category) => (
          <option key={category} value={category}>
            {categories[category]}
          </option>
        ))}
      </Select>
      <Field label={text.years} inputMode="numeric" {...field("experienceYears")} />
      {asksCurrency && (
        <Field label={text.currency} hint={text.currencyHint} {...field("currency")} />
      )}
      <Field label={text.rateIn(profile.currency)} inputMode="decimal" {...field("hourlyRate")} />
      <Field label={text.languages} hint={text.languagesHint} {...field("languages")} />
      <Select
        label={text.expertZone}
        value={profile.timeZone}
        onChange={({ target }) => onChange({ ...profile, timeZone: target.value })}
      >
        {timeZones(profile.timeZone).map((zone) => (
          <option key={zone} value={zone}>
            {zone.replaceAll("_", " ")}
          </option>
        ))}
      </Select>
      <Field
        label={text.contactEmail}
        hint={text.contactEmailHint}
        type="email"
        {...field("contactEmail")}
      />
      <div className="sm:col-span-2">
        <Field label={text.bio} rows={6} {...field("bio")} />
      </div>
    </div>
  );
}

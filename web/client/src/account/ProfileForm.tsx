import { useMutation } from "@apollo/client/react";
import { useDeferredValue, useMemo, useState } from "react";

import { PhoneField, type TypedPhone } from "../phone/PhoneField.tsx";
import { readPhone } from "../phone/phones.ts";
import { Form } from "../session/Form.tsx";
import { UPDATE_PROFILE } from "../session/updateProfile.ts";
import { useSubmission } from "../session/useSubmission.ts";
import type { Viewer } from "../session/Viewer.tsx";
import { type Language, LANGUAGES, useText, useWords } from "../text/text.tsx";
import { timeZones } from "../time/zones.ts";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import { toast } from "../ui/toast.tsx";
import { accountWords } from "./words.ts";

type AccountLanguage = Viewer["language"];

/** Form to edit the viewer's name, phone number, time zone and language. */
export function ProfileForm({ viewer }: { viewer: Viewer }) {
  const words = useWords(accountWords);
  const { choose } = useText();
  const [update] = useMutation(UPDATE_PROFILE);
  const [phone, setPhone] = useState<TypedPhone>({
    phone: viewer.phone ?? "",
    country: undefined,
  });
  const [zone, setZone] = useState(viewer.timeZone);
  const [language, setLanguage] = useState<AccountLanguage>(viewer.language);
  // Defer the list of time zones, because rendering about four hundred options takes long.
  const zones = useDeferredValue(
    useMemo(() => timeZones(zone), [zone]),
    [zone],
  );
  const submission = useSubmission(async ({ name = "" }) => {
    const { number } = await readPhone(phone.phone, phone.country);
    const input = { name, phone: number, timeZone: zone, language };
    const { data } = await update({ variables: { input } });
    const answer = data?.updateProfile;
    if (answer?.__typename === "InvalidInput") return answer;
    if (answer?.__typename !== "User") return { __typename: "NotAllowed" };
    if (language !== viewer.language) choose(language.toLowerCase() as Language);
    void toast(words.saved);
    return null;
  });
  const problems = submission.refusal?.problems;
  return (
    <Form submission={submission} submitLabel={words.save} busyLabel={words.saving}>
      <Field
        label={words.name}
        name="name"
        autoComplete="name"
        required
        maxLength={100}
        defaultValue={viewer.name}
        problem={problems?.name}
      />
      <PhoneField
        label={words.phone}
        hint={words.phoneHint}
        problem={problems?.phone}
        {...phone}
        onChange={setPhone}
      />
      <Select label={words.zone} value={zone} onChange={({ target }) => setZone(target.value)}>
        {zones.map((each) => (
          <option key={each} value={each}>
            {each.replaceAll("_", " ")}
          </option>
        ))}
      </Select>
      <Select
        label={words.language}
        value={language}
        onChange={({ target }) => setLanguage(target.value as AccountLanguage)}
      >
        {Object.entries(LANGUAGES).map(([tag, name]) => (
          <option key={tag} value={tag.toUpperCase()} lang={tag}>
            {name}
          </option>
        ))}
      </Select>
    </Form>
  );
}

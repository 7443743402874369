import { type ReactNode, useEffect, useId, useMemo } from "react";

import { useText, useWords } from "../text/text.tsx";
import { FieldFrame, inputClass } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { likelyCountry, rememberCountry } from "./country.ts";
import { usePhones } from "./phones.ts";
import { phoneWords } from "./words.ts";

/** A phone number as typed, and the country (ISO 3166) to assume if it has no country code. */
export interface TypedPhone {
  readonly phone: string;
  readonly country: string | undefined;
}

interface PhoneFieldProps extends TypedPhone {
  label: ReactNode;
  hint?: ReactNode;
  problem?: ReactNode;
  required?: boolean;
  onChange: (typed: TypedPhone) => void;
}

/**
 * Field for a phone number, preceded by a control to choose its country.
 *
 * If the number contains a country code, its country is selected. Until the phone number library
 * has loaded, this is a plain field for numbers with a country code.
 */
export function PhoneField(props: PhoneFieldProps) {
  const { phone, country, label, hint, problem, required, onChange } = props;
  const words = useWords(phoneWords);
  const id = useId();
  const phones = usePhones();
  const likely = useMemo(() => phones && likelyCountry(phones.countries()), [phones]);
  const chosen = country ?? likely;
  const isInternational = /^\s*(\+|00)/.test(phone);

  /** Remove the country code from the number in the field, and select its country instead. */
  function separate(): void {
    const found = phones?.parse(phone, chosen);
    if (!isInternational || !found?.country) return;
    const isSame = phones?.parse(found.local, found.country)?.number === found.number;
    if (isSame) onChange({ phone: found.local, country: found.country });
  }
  // Once the phone number library has loaded, remove the country code of a stored number.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- not while the user types
  useEffect(separate, [phones]);

  return (
    <FieldFrame id={id} label={label} hint={hint} problem={problem}>
      {(described) => (
        <div
          className={`${inputClass} flex items-center p-0! has-aria-invalid:border-danger has-[input:focus-visible]:outline-2 has-[input:focus-visible]:outline-offset-2 has-[input:focus-visible]:outline-focus`}
        >
          <div className="relative flex h-full min-w-19 items-center gap-2 rounded-l-control pr-2 pl-4 text-muted has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus">
            <Icon name="phone" className="size-4" />
            {phones && (
              <Country
                label={words.country}
                chosen={chosen}
                code={
                  (isInternational && phones.parse(phone, chosen)?.code) ||
                  (chosen && phones.callingCode(chosen))
                }
                codes={phones}
                onChange={(next) => {
                  rememberCountry(next);
                  const found = isInternational ? phones.parse(phone, next) : undefined;
                  onChange({ phone: found?.local ?? phone, country: next });
                }}
              />
            )}
          </div>
          <span aria-hidden className="h-5 w-px shrink-0 bg-line" />
          <input
            {...described}
            type="tel"
            autoComplete="tel"
            required={required}
            value={phone}
            onChange={({ target }) => {
              const found = phones?.parse(target.value, chosen);
              onChange({ phone: target.value, country: found?.country ?? chosen });
            }}
            onBlur={separate}
            className="h-full w-0 flex-1 rounded-r-control bg-transparent px-3 tabular-nums outline-none"
          />
        </div>
      )}
    </FieldFrame>
  );
}

interface CountryProps {
  label: string;
  chosen: string | undefined;
  /** The country code to show, such as "+49". */
  code: string | undefined;
  codes: NonNullable<ReturnType<typeof usePhones>>;
  onChange: (country: string) => void;
}

/** The country code; it opens a native select, which suits long lists on phones best. */
function Country({ label, chosen, code, codes, onChange }: CountryProps) {
  const { locale } = useText();
  const options = useMemo(() => {
    const names = new Intl.DisplayNames(locale, { type: "region" });
    return codes
      .countries()
      .map((country) => ({ country, name: names.of(country) ?? country }))
      .sort((one, other) => one.name.localeCompare(other.name, locale));
  }, [codes, locale]);
  return (
    <>
      <span aria-hidden className="text-control text-text tabular-nums">
        {code ?? "+"}
      </span>
      <Icon name="chevronDown" className="size-4" />
      <select
        aria-label={label}
        value={chosen ?? ""}
        onChange={(event) => onChange(event.target.value)}
        className="absolute inset-0 w-full cursor-pointer opacity-0"
      >
        {!chosen && <option value="" disabled />}
        {options.map(({ country, name }) => (
          <option key={country} value={country}>
            {`${name} ${codes.callingCode(country) ?? ""}`}
          </option>
        ))}
      </select>
    </>
  );
}

import { type ReactNode, useId, useState } from "react";

import { useText, useWords } from "../text/text.tsx";
import { type Money, useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Select } from "../ui/Select.tsx";
import { LANGUAGE_NAMES, useLanguageName } from "./languages.ts";
import { DEFAULT_QUERY, type Order, ORDERS, type DirectoryQuery } from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

const RATINGS = [3, 3.5, 4, 4.5, 4.8];
// In minor units; round in every currency.
const RATES = [2_500, 5_000, 7_500, 10_000, 12_500, 15_000, 20_000, 30_000, 50_000];

interface FiltersProps {
  query: DirectoryQuery;
  /** Highest hourly rate in the directory, which limits the offered rates. */
  highest: Money | undefined;
  onChange: (changed: Partial<DirectoryQuery>) => void;
  /** Content beside the controls. */
  children: ReactNode;
}

/** Sort order and an expandable panel of filters; active filters stay visible as chips. */
export function Filters({ query, highest, onChange, children }: FiltersProps) {
  const text = useWords(directoryWords);
  const { locale } = useText();
  const formats = useFormats();
  const languageName = useLanguageName();
  const [isOpen, setIsOpen] = useState(false);
  const panel = useId();
  const { minRating, maxRate, languages } = query;

  const rate = (amount: number) =>
    text.rateTo(highest ? formats.price({ ...highest, amount }) : formats.number(amount / 100));
  const rating = (minimum: number) => text.ratingFrom(`★ ${formats.number(minimum, 1)}`);
  const rates = RATES.filter((amount) => amount < (highest?.amount ?? Infinity));
  const otherLanguages = LANGUAGE_NAMES.filter((name) => !languages.includes(name))
    .map((name) => ({ name, label: languageName(name) }))
    .sort((one, other) => one.label.localeCompare(other.label, locale));
  const chips = [
    ...(minRating === null ? [] : [{ name: rating(minRating), without: { minRating: null } }]),
    ...(maxRate === null ? [] : [{ name: rate(maxRate), without: { maxRate: null } }]),
    ...languages.map((name) => ({
      name: languageName(name),
      without: { languages: languages.filter((other) => other !== name) },
    })),
  ];

  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-full flex-1 sm:min-w-64">{children}</div>
        <div className="flex flex-1 gap-3 sm:flex-none">
          <div className="flex-1 sm:w-48">
            <Select
              label={text.order}
              hidesLabel
              value={query.order}
              onChange={(event) => onChange({ order: event.target.value as Order })}
            >
              {ORDERS.map((order) => (
                <option key={order} value={order}>
                  {text.orders[order]}
                </option>
              ))}
            </Select>
          </div>
          <Button
            aria-expanded={isOpen}
            aria-controls={panel}
            onClick={() => setIsOpen(!isOpen)}
            className="shrink-0"
          >
            {text.filters}
            {chips.length > 0 && (
              <span className="tabular-nums">({formats.number(chips.length)})</span>
            )}
            <span aria-hidden className={`transition-transform ${isOpen ? "rotate-180" : ""}`}>
              ⌄
            </span>
          </Button>
        </div>
      </div>
      <div id={panel} hidden={!isOpen} className="card p-5">
        <div className="grid gap-4 sm:grid-cols-3">
          <Select
            label={text.minRating}
            value={minRating ?? ""}
            onChange={(event) => onChange({ minRating: numberOrNull(event.target.value) })}
          >
            <option value="">{text.anyRating}</option>
            {includingSelected(RATINGS, minRating).map((least) => (
              <option key={least} value={least}>
                {rating(least)}
              </option>
            ))}
          </Select>
          <Select
            label={text.maxRate}
            value={maxRate ?? ""}
            onChange={(event) => onChange({ maxRate: numberOrNull(event.target.value) })}
          >
            <option value="">{text.anyRate}</option>
            {includingSelected(rates, maxRate).map((amount) => (
              <option key={amount} value={amount}>
                {rate(amount)}
              </option>
            ))}
          </Select>
          <Select
            label={text.language}
            value=""
            onChange={(event) => onChange({ languages: [...languages, event.target.value] })}
          >
            <option value="">{languages.length ? text.anotherLanguage : text.anyLanguage}</option>
            {otherLanguages.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </Select>
        </div>
      </div>
      {chips.length > 0 && (
        <ul aria-label={text.chosen} className="flex flex-wrap items-center gap-2">
          {chips.map(({ name, without }) => (
            <li key={name}>
              <button
                type="button"
                aria-label={text.remove(name)}
                onClick={() => onChange(without)}
                className="inline-flex h-8 pointer-coarse:h-11 items-center gap-2 rounded-full bg-soft px-3 text-text hover:opacity-80"
              >
                {name}
                <span aria-hidden>×</span>
              </button>
            </li>
          ))}
          <li>
            <button
              type="button"
              className="h-8 pointer-coarse:h-11 px-2 text-accent hover:underline"
              onClick={() => {
                const { minRating, maxRate, languages } = DEFAULT_QUERY;
                onChange({ minRating, maxRate, languages });
              }}
            >
              {text.clear}
            </button>
          </li>
        </ul>
      )}
    </div>
  );
}

function numberOrNull(text: string): number | null {
  return text ? Number(text) : null;
}

/** Return the offered values, with the address's value added if it is missing. */
function includingSelected(offered: readonly number[], chosen: number | null): readonly number[] {
  const isOffered = chosen === null || offered.includes(chosen);
  return isOffered ? offered : [...offered, chosen].sort((one, other) => one - other);
}

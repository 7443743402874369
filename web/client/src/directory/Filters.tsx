import { useId, useRef } from "react";

import { useText, useWords } from "../text/text.tsx";
import { type Money, useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { DEFAULT_QUERY, type DirectoryQuery, NO_DAY } from "./directoryQuery.ts";
import { LANGUAGE_NAMES, useLanguageName } from "./languages.ts";
import { PillChip, pillClass, PillSelect } from "./Pill.tsx";
import { useFilterNames } from "./useFilterNames.ts";
import { WhenFilter } from "./WhenFilter.tsx";
import { directoryWords } from "./words.ts";

const RATINGS = [3, 3.5, 4, 4.5, 4.8];
// Hourly rates to choose from, in minor units of any currency; all are round numbers.
const RATES = [2_500, 5_000, 7_500, 10_000, 12_500, 15_000, 20_000, 30_000, 50_000];

interface FiltersProps {
  query: DirectoryQuery;
  /** Highest hourly rate of an expert in the directory; no higher rates can be chosen. */
  highest: Money | undefined;
  onChange: (changed: Partial<DirectoryQuery>) => void;
}

/** Filters by time, price, language, rating and confirmation: pills, or a sheet on phones. */
export function Filters(props: FiltersProps) {
  const { query, onChange } = props;
  const text = useWords(directoryWords);
  const sheet = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const chips = useChips(props);
  const clear = () => onChange(cleared());
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 max-md:hidden">
        <Controls {...props} />
        {query.languages.length > 0 && <Chips {...props} chips={chips.filter(isLanguage)} />}
        {chips.length > 0 && (
          <button
            type="button"
            className="h-10 px-3 text-sm text-muted hover:text-text hover:underline pointer-coarse:h-11"
            onClick={clear}
          >
            {text.clear}
          </button>
        )}
      </div>
      <div className="-mx-(--gutter) flex gap-2 overflow-x-auto px-(--gutter) py-1 [scrollbar-width:none] md:hidden">
        <button type="button" onClick={() => sheet.current?.showModal()} className={pillClass}>
          <Icon name="sliders" className="size-4" />
          {text.filters}
          {chips.length > 0 && (
            <span className="grid size-5 place-items-center rounded-full bg-soft text-xs text-accent">
              {chips.length}
            </span>
          )}
        </button>
        <Chips {...props} chips={chips} />
      </div>
      <dialog
        ref={sheet}
        aria-labelledby={heading}
        onClick={(event) => {
          if (event.target === sheet.current) sheet.current.close();
        }}
        className="sheet"
      >
        <form method="dialog" className="grid gap-6 p-6">
          <h2 id={heading} className="text-lg">
            {text.filters}
          </h2>
          <div className="flex flex-wrap gap-2">
            <Controls {...props} />
            <Chips {...props} chips={chips.filter(isLanguage)} />
          </div>
          <div className="flex gap-3">
            <Button className="flex-1" onClick={clear}>
              {text.clear}
            </Button>
            <Button type="submit" kind="primary" className="flex-1">
              {text.show}
            </Button>
          </div>
        </form>
      </dialog>
    </>
  );
}

function Controls({ query, highest, onChange }: FiltersProps) {
  const text = useWords(directoryWords);
  const { locale } = useText();
  const languageName = useLanguageName();
  const { minRating, maxRate, languages, confirmsAtOnce } = query;
  const names = useFilterNames(highest);
  const rates = RATES.filter((amount) => amount < (highest?.amount ?? Infinity));
  const otherLanguages = LANGUAGE_NAMES.filter((name) => !languages.includes(name))
    .map((name) => ({ name, label: languageName(name) }))
    .sort((one, other) => one.label.localeCompare(other.label, locale));
  return (
    <>
      <WhenFilter query={query} onChange={onChange} />
      <PillSelect
        label={text.maxRate}
        isChosen={maxRate !== null}
        value={maxRate ?? ""}
        onChange={(event) => onChange({ maxRate: numberOrNull(event.target.value) })}
      >
        <option value="">{text.anyRate}</option>
        {includingSelected(rates, maxRate).map((amount) => (
          <option key={amount} value={amount}>
            {names.rate(amount)}
          </option>
        ))}
      </PillSelect>
      <button
        type="button"
        aria-pressed={confirmsAtOnce}
        onClick={() => onChange({ confirmsAtOnce: !confirmsAtOnce })}
        className={pillClass}
      >
        <Icon name="bolt" className="size-4" />
        {text.confirms}
      </button>
      <PillSelect
        label={text.language}
        isChosen={false}
        value=""
        onChange={(event) => onChange({ languages: [...languages, event.target.value] })}
      >
        <option value="">{languages.length ? text.anotherLanguage : text.language}</option>
        {otherLanguages.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </PillSelect>
      <PillSelect
        label={text.minRating}
        isChosen={minRating !== null}
        icon={<Icon name="star" className="size-4 fill-star text-star" />}
        value={minRating ?? ""}
        onChange={(event) => onChange({ minRating: numberOrNull(event.target.value) })}
      >
        <option value="">{text.anyRating}</option>
        {includingSelected(RATINGS, minRating).map((least) => (
          <option key={least} value={least}>
            {names.rating(least)}
          </option>
        ))}
      </PillSelect>
    </>
  );
}

interface Chip {
  readonly name: string;
  readonly kind: "day" | "rating" | "rate" | "confirms" | "language";
  readonly without: Partial<DirectoryQuery>;
}

function Chips({ chips, onChange }: FiltersProps & { chips: readonly Chip[] }) {
  const text = useWords(directoryWords);
  return (
    <ul aria-label={text.chosen} className="contents">
      {chips.map(({ name, without }) => (
        <li key={name} className="shrink-0">
          <PillChip
            name={name}
            removeLabel={text.remove(name)}
            onRemove={() => onChange(without)}
          />
        </li>
      ))}
    </ul>
  );
}

function useChips({ query, highest }: FiltersProps): readonly Chip[] {
  const text = useWords(directoryWords);
  const names = useFilterNames(highest);
  const languageName = useLanguageName();
  const formats = useFormats();
  const { minRating, maxRate, languages, confirmsAtOnce, day, time, minutes } = query;
  const chips: Chip[] = [];
  if (day !== null) {
    const parts = [names.day(day), time && names.time(time), minutes && formats.minutes(minutes)];
    chips.push({ name: parts.filter(Boolean).join(", "), kind: "day", without: NO_DAY });
  }
  if (maxRate !== null)
    chips.push({ name: names.rate(maxRate), kind: "rate", without: { maxRate: null } });
  if (confirmsAtOnce)
    chips.push({ name: text.confirms, kind: "confirms", without: { confirmsAtOnce: false } });
  if (minRating !== null)
    chips.push({ name: names.rating(minRating), kind: "rating", without: { minRating: null } });
  for (const name of languages) {
    const without = { languages: languages.filter((other) => other !== name) };
    chips.push({ name: languageName(name), kind: "language", without });
  }
  return chips;
}

function cleared(): Partial<DirectoryQuery> {
  const { minRating, maxRate, languages, confirmsAtOnce } = DEFAULT_QUERY;
  return { minRating, maxRate, languages, confirmsAtOnce, ...NO_DAY };
}

function isLanguage({ kind }: Chip): boolean {
  return kind === "language";
}

function numberOrNull(text: string): number | null {
  return text ? Number(text) : null;
}

/** Return the offered values, with the chosen value from the URL added if it is missing. */
function includingSelected(offered: readonly number[], chosen: number | null): readonly number[] {
  const isOffered = chosen === null || offered.includes(chosen);
  return isOffered ? offered : [...offered, chosen].sort((one, other) => one - other);
}

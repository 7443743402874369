import { useRef } from "react";

import type { PlaceKind } from "../api/gql/graphql.ts";
import { PLACE_KINDS } from "../place/Place.tsx";
import { placeWords } from "../place/words.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import type { OfferDraft } from "./draft.ts";
import { RemoveButton } from "./SpanFields.tsx";
import { newKey } from "./spans.ts";
import { hoursWords } from "./words.ts";
import type { Problems } from "../ui/problems.ts";

const LENGTHS = Array.from({ length: 32 }, (_, index) => (index + 1) * 15);
const SUGGESTED_LENGTHS = [60, 30, 45, 90, 15, 120];
const MAX_OFFERS = 8;

interface OfferFieldsProps {
  offers: readonly OfferDraft[];
  currency: string;
  problems: Problems;
  onChange: (offers: readonly OfferDraft[]) => void;
}

/** Fields for the session lengths with their prices and places; the first length is the default. */
export function OfferFields({ offers, currency, problems, onChange }: OfferFieldsProps) {
  const text = useWords(hoursWords);
  const places = useWords(placeWords);
  const formats = useFormats();
  const add = useRef<HTMLDivElement>(null);

  function change(key: string, changed: Partial<OfferDraft>): void {
    onChange(offers.map((each) => (each.key === key ? { ...each, ...changed } : each)));
  }

  function moveUp(index: number): void {
    const [raised] = offers.slice(index, index + 1);
    if (!raised) return;
    const others = offers.toSpliced(index, 1);
    onChange(others.toSpliced(index - 1, 0, raised));
  }

  const unusedLength = [...SUGGESTED_LENGTHS, ...LENGTHS].find((minutes) =>
    offers.every((each) => each.minutes !== minutes),
  );
  return (
    <div className="grid gap-4">
      {problems.offers && (
        <p className="text-xs text-danger" tabIndex={-1} aria-invalid>
          {problems.offers}
        </p>
      )}
      <div className="grid gap-6">
        {offers.map(({ key, minutes, price, placeKind, placeDetails }, index) => {
          const name = formats.minutes(minutes);
          return (
            <div
              key={key}
              role="group"
              aria-label={name}
              className="grid grid-cols-2 items-start gap-3 sm:grid-cols-[11rem_9rem_auto]"
            >
              <div className="grid gap-1">
                <Select
                  label={text.length}
                  value={minutes}
                  aria-invalid={problems[`${key}.minutes`] ? true : undefined}
                  aria-describedby={problems[`${key}.minutes`] ? `${key}-minutes` : undefined}
                  onChange={(event) => change(key, { minutes: Number(event.target.value) })}
                >
                  {LENGTHS.map((each) => (
                    <option key={each} value={each}>
                      {formats.minutes(each)}
                    </option>
                  ))}
                </Select>
                {problems[`${key}.minutes`] && (
                  <p id={`${key}-minutes`} className="text-xs text-danger">
                    {problems[`${key}.minutes`]}
                  </p>
                )}
              </div>
              <Field
                label={text.price(currency)}
                inputMode="decimal"
                autoComplete="off"
                value={price}
                problem={problems[`${key}.price`]}
                onChange={(event) => change(key, { price: event.target.value })}
              />
              <div className="col-span-2 grid gap-3 sm:order-last sm:col-span-3 sm:grid-cols-[11rem_minmax(0,1fr)]">
                <Select
                  label={places.place}
                  value={placeKind}
                  onChange={({ target }) =>
                    change(key, { placeKind: target.value as PlaceKind, placeDetails: "" })
                  }
                >
                  {PLACE_KINDS.map((kind) => (
                    <option key={kind} value={kind}>
                      {places.kinds[kind]}
                    </option>
                  ))}
                </Select>
                <Field
                  label={text.placeDetails[placeKind]}
                  hint={text.placeHints[placeKind]}
                  inputMode={placeKind === "VIDEO" ? "url" : placeKind === "PHONE" ? "tel" : "text"}
                  autoComplete="off"
                  value={placeDetails}
                  problem={problems[`${key}.placeDetails`]}
                  onChange={(event) => change(key, { placeDetails: event.target.value })}
                />
              </div>
              <div className="col-span-2 flex min-h-10 items-center sm:col-span-1 sm:mt-6">
                {index === 0 ? (
                  <span className="mr-2 rounded-full bg-soft px-2 py-1 text-xs font-medium">
                    {text.usual}
                  </span>
                ) : (
                  <Button
                    kind="plain"
                    aria-label={text.raiseOffer(name)}
                    onClick={() => moveUp(index)}
                    className="w-10 px-0! text-muted! pointer-coarse:w-11"
                  >
                    <span aria-hidden>↑</span>
                  </Button>
                )}
                {offers.length > 1 && (
                  <RemoveButton
                    label={text.removeOffer(name)}
                    onClick={() => {
                      add.current?.querySelector("button")?.focus();
                      onChange(offers.filter((each) => each.key !== key));
                    }}
                  />
                )}
              </div>
            </div>
          );
        })}
      </div>
      <div ref={add}>
        {offers.length < MAX_OFFERS && unusedLength && (
          <Button
            onClick={() =>
              onChange([
                ...offers,
                {
                  key: newKey(),
                  minutes: unusedLength,
                  price: "",
                  placeKind: offers[0]?.placeKind ?? "VIDEO",
                  placeDetails: offers[0]?.placeDetails ?? "",
                },
              ])
            }
          >
            {text.addOffer}
          </Button>
        )}
      </div>
    </div>
  );
}

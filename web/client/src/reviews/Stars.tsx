import { useId, useState } from "react";

import { useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { MAX_STARS, starParts } from "./rating.ts";
import { reviewWords } from "./words.ts";

/** A star that is filled up to the given fraction of its width. */
export function Star({ part, className = "size-4" }: { part: number; className?: string }) {
  const full = "size-full fill-star text-star";
  return (
    <span className={`relative inline-block shrink-0 ${className}`}>
      <Icon name="star" className={part < 1 ? "size-full text-field" : full} />
      {part > 0 && part < 1 && (
        <span
          className="absolute inset-0"
          style={{ clipPath: `inset(0 ${(1 - part) * 100}% 0 0)` }}
        >
          <Icon name="star" className={full} />
        </span>
      )}
    </span>
  );
}

/** A rating shown as stars, in steps of half a star. */
export function Stars({ rating, className }: { rating: number; className?: string }) {
  const text = useWords(reviewWords);
  return (
    <span className="inline-flex gap-1">
      <span className="sr-only">{text.stars(rating)}</span>
      {starParts(rating).map((part, index) => (
        <Star key={index} part={part} {...(className && { className })} />
      ))}
    </span>
  );
}

interface StarFieldProps {
  /** Undefined until chosen. */
  value: number | undefined;
  problem: string | undefined;
  onChange: (rating: number) => void;
}

/** Radio buttons to choose one to five stars, with a word that describes the choice. */
export function StarField({ value, problem, onChange }: StarFieldProps) {
  const text = useWords(reviewWords);
  const id = useId();
  const [pointed, setPointed] = useState<number>();
  const shown = pointed ?? value ?? 0;
  return (
    <fieldset className="grid justify-items-start gap-1">
      <legend className="text-sm font-semibold">{text.yourRating}</legend>
      <div className="-ml-1.5 flex flex-wrap items-center">
        {Array.from({ length: MAX_STARS }, (_, index) => index + 1).map((rating) => (
          <label
            key={rating}
            onPointerEnter={({ pointerType }) => pointerType === "mouse" && setPointed(rating)}
            onPointerLeave={() => setPointed(undefined)}
            className="grid size-11 cursor-pointer place-items-center rounded-sm has-focus-visible:outline-2 has-focus-visible:outline-focus"
          >
            <input
              type="radio"
              name={id}
              className="sr-only"
              aria-label={text.starsNamed(
                rating,
                text.ratings[rating as keyof typeof text.ratings],
              )}
              aria-invalid={problem ? true : undefined}
              aria-describedby={problem ? `${id}-problem` : undefined}
              checked={value === rating}
              onChange={() => onChange(rating)}
            />
            <Star part={rating <= shown ? 1 : 0} className="size-7" />
          </label>
        ))}
        <span aria-hidden className="ml-2 font-semibold">
          {shown > 0 && text.ratings[shown as keyof typeof text.ratings]}
        </span>
      </div>
      {problem && (
        <p id={`${id}-problem`} className="text-[13px]/[18px] text-danger">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

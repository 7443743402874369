import type { ComponentProps } from "react";

import { useWords } from "../text/text.tsx";
import { inputClass } from "../ui/Field.tsx";
import { directoryWords } from "./words.ts";

/** Search field for experts. */
export function SearchField(props: Omit<ComponentProps<"input">, "className" | "type">) {
  const text = useWords(directoryWords);
  return (
    <div className="relative min-w-0 flex-1">
      <svg
        viewBox="0 0 16 16"
        aria-hidden
        className="pointer-events-none absolute inset-y-0 left-3 my-auto size-4 fill-none stroke-muted stroke-[1.5]"
      >
        <circle cx="7" cy="7" r="4.5" />
        <path d="m10.5 10.5 3.5 3.5" strokeLinecap="round" />
      </svg>
      <input
        type="search"
        aria-label={text.search}
        placeholder={text.searchHint}
        autoComplete="off"
        enterKeyHint="search"
        {...props}
        className={`${inputClass} pl-9`}
      />
    </div>
  );
}

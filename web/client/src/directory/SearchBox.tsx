import type { ComponentProps } from "react";

import { useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { directoryWords } from "./words.ts";

interface SearchBoxProps extends Omit<ComponentProps<"input">, "className" | "type"> {
  /** Called by the button that clears the field; without this callback, no button is shown. */
  onClear?: (() => void) | undefined;
}

/** Field to search for experts, with a button that submits the surrounding form. */
export function SearchBox({ onClear, ...props }: SearchBoxProps) {
  const text = useWords(directoryWords);
  return (
    <div className="flex items-center gap-2 rounded-lg border border-line bg-panel p-2 pl-4 shadow-2 has-[input:focus-visible]:border-accent has-[input:focus-visible]:outline-2 has-[input:focus-visible]:outline-focus has-[input[aria-invalid]]:border-danger sm:pl-6">
      <Icon name="search" className="size-5 text-muted" />
      <input
        type="search"
        aria-label={text.search}
        placeholder={text.searchHint}
        autoComplete="off"
        enterKeyHint="search"
        {...props}
        className="h-11 min-w-0 flex-1 bg-transparent text-base text-text outline-none [&::-webkit-search-cancel-button]:hidden"
      />
      {onClear && (
        <button
          type="button"
          aria-label={text.clearField}
          onClick={onClear}
          className="grid size-11 shrink-0 place-items-center rounded-control text-muted hover:bg-sunken hover:text-text"
        >
          <Icon name="close" className="size-4.5" />
        </button>
      )}
      <button
        type="submit"
        aria-label={text.search}
        className="grid size-11 shrink-0 place-items-center rounded-control bg-accent font-semibold text-on-accent shadow-1 hover:bg-accent-hover sm:h-13 sm:w-auto sm:px-6"
      >
        <span className="max-sm:hidden">{text.search}</span>
        <Icon name="arrowRight" className="size-5 sm:hidden" />
      </button>
    </div>
  );
}

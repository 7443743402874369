import type { ReactNode, SelectHTMLAttributes } from "react";

import { Icon } from "../ui/Icon.tsx";

const LOOK =
  "inline-flex h-10 pointer-coarse:h-11 shrink-0 items-center gap-2 rounded-full border text-sm font-medium whitespace-nowrap no-underline transition-colors";
const CHOSEN = "border-accent bg-soft text-accent";
const PLAIN = "border-line bg-panel text-text hover:border-accent";

/** CSS classes of a pill that is a button or a link. */
export const pillClass = `group ${LOOK} px-4 ${PLAIN} aria-pressed:border-accent aria-pressed:bg-soft aria-pressed:text-accent`;

interface PillSelectProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, "className"> {
  label: string;
  isChosen: boolean;
  /** Icon that is shown before the name of the chosen option. */
  icon?: ReactNode;
}

/** Native select element that looks like a pill; on phones, native selects work best. */
export function PillSelect({ label, isChosen, icon, ...props }: PillSelectProps) {
  return (
    <span
      className={`${LOOK} relative has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus ${isChosen ? CHOSEN : PLAIN}`}
    >
      {icon && <span className="pointer-events-none absolute left-4">{icon}</span>}
      <select
        aria-label={label}
        {...props}
        className={`h-full appearance-none rounded-full bg-transparent pr-9 font-medium outline-none [field-sizing:content] *:bg-raised *:text-text ${icon ? "pl-10" : "pl-4"}`}
      />
      <Icon name="chevronDown" className="pointer-events-none absolute right-3 size-4" />
    </span>
  );
}

interface PillChipProps {
  name: string;
  removeLabel: string;
  onRemove: () => void;
}

/** Pill that shows a chosen filter; a click on the pill removes the filter. */
export function PillChip({ name, removeLabel, onRemove }: PillChipProps) {
  return (
    <button
      type="button"
      aria-label={removeLabel}
      onClick={onRemove}
      className={`${LOOK} px-4 ${CHOSEN}`}
    >
      {name}
      <Icon name="close" className="size-4" />
    </button>
  );
}

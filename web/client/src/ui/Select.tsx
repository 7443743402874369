import { type ReactNode, type SelectHTMLAttributes, useId } from "react";

import { inputClass } from "./Field.tsx";

interface SelectProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, "className"> {
  label: ReactNode;
  /** Whether the label is visible to screen readers only. */
  hidesLabel?: boolean;
}

/** Native select, which works best for long lists on phones. */
export function Select({ label, hidesLabel = false, ...props }: SelectProps) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className={hidesLabel ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      <select id={id} className={inputClass} {...props} />
    </div>
  );
}

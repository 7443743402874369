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
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className={hidesLabel ? "sr-only" : "text-sm font-semibold"}>
        {label}
      </label>
      <select id={id} className={inputClass} {...props} />
    </div>
  );
}

import { type ComponentProps, type ReactNode, useId } from "react";

export const inputClass =
  "h-10 pointer-coarse:h-11 w-full rounded-md border border-line bg-panel px-3 text-text pointer-coarse:text-base placeholder:text-muted aria-invalid:border-danger disabled:opacity-60";

interface FieldProps extends Omit<ComponentProps<"input">, "className"> {
  label: ReactNode;
  hint?: ReactNode;
  /** Validation error. */
  problem?: ReactNode;
  /** Button inside the field, at its end. */
  end?: ReactNode;
  /** Number of lines, for a multi-line field. */
  rows?: number;
}

/** Labelled field with a hint and an error, both announced to screen readers. */
export function Field({ label, hint, problem, end, rows, ...props }: FieldProps) {
  const id = useId();
  const described = {
    id,
    "aria-invalid": problem ? true : undefined,
    "aria-describedby":
      [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ") || undefined,
  };
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {rows ? (
        <textarea
          {...(props as ComponentProps<"textarea">)}
          {...described}
          rows={rows}
          className={`${inputClass} h-auto py-2`}
        />
      ) : (
        <div className="relative">
          <input {...props} {...described} className={end ? `${inputClass} pr-12` : inputClass} />
          {end}
        </div>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} className="text-xs text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}

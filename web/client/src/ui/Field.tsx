import { type ComponentProps, type ReactNode, useId } from "react";

export const inputClass =
  "h-11 w-full rounded-control border border-field bg-panel px-4 text-control text-text pointer-coarse:text-base aria-invalid:border-danger disabled:opacity-60";

interface FieldFrameProps {
  id: string;
  label: ReactNode;
  hint?: ReactNode;
  /** Validation error. */
  problem?: ReactNode;
  /** Renders the control with the given attributes. */
  children: (described: Described) => ReactNode;
}

interface Described {
  readonly id: string;
  readonly "aria-invalid": true | undefined;
  readonly "aria-describedby": string | undefined;
}

/** Label of a control, with a hint and an error, both announced by screen readers. */
export function FieldFrame({ id, label, hint, problem, children }: FieldFrameProps) {
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      {children({
        id,
        "aria-invalid": problem ? true : undefined,
        "aria-describedby":
          [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ") || undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-[13px]/[18px] text-muted">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} className="text-[13px]/[18px] text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}

interface FieldProps extends Omit<ComponentProps<"input">, "className"> {
  label: ReactNode;
  hint?: ReactNode;
  /** Validation error. */
  problem?: ReactNode;
  /** Button inside the field, at its end. */
  end?: ReactNode;
  /** Number of lines of a multi-line field; undefined for a single-line field. */
  rows?: number;
}

/** Labelled text field of one or several lines. */
export function Field({ label, hint, problem, end, rows, ...props }: FieldProps) {
  return (
    <FieldFrame id={useId()} label={label} hint={hint} problem={problem}>
      {(described) =>
        rows ? (
          <textarea
            {...(props as ComponentProps<"textarea">)}
            {...described}
            rows={rows}
            className={`${inputClass} h-auto py-2.5`}
          />
        ) : (
          <div className="relative">
            <input {...props} {...described} className={end ? `${inputClass} pr-12` : inputClass} />
            {end}
          </div>
        )
      }
    </FieldFrame>
  );
}

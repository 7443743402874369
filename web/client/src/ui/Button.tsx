import type { ButtonHTMLAttributes } from "react";

const KIND_CLASSES = {
  primary: "border-accent bg-accent text-on-accent not-disabled:hover:opacity-95",
  secondary: "border-line bg-panel text-text not-disabled:hover:bg-bg",
  danger: "border-danger bg-panel text-danger not-disabled:hover:bg-danger-bg",
  plain: "border-transparent bg-transparent text-accent not-disabled:hover:underline",
};

/** Return the classes of a button, for links that look like buttons. */
export function buttonClass(kind: keyof typeof KIND_CLASSES = "secondary"): string {
  return `inline-flex min-h-10 pointer-coarse:min-h-11 items-center justify-center gap-2 rounded-md border px-4 py-1 text-sm font-medium no-underline transition-colors disabled:opacity-50 aria-busy:opacity-70 ${KIND_CLASSES[kind]}`;
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: keyof typeof KIND_CLASSES;
  /** Whether its action is in progress; it keeps the focus but ignores clicks. */
  isBusy?: boolean;
}

export function Button({ kind, isBusy = false, className = "", onClick, ...props }: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      aria-busy={isBusy || undefined}
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
      className={`${buttonClass(kind)} ${className}`}
    />
  );
}

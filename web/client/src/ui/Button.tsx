import type { ComponentProps } from "react";

const KIND_CLASSES = {
  primary:
    "border-transparent bg-accent text-on-accent shadow-1 not-disabled:hover:bg-accent-hover",
  secondary: "border-line bg-panel text-text shadow-1 not-disabled:hover:bg-sunken",
  soft: "border-transparent bg-soft text-accent not-disabled:hover:border-accent",
  free: "border-free-line bg-free-bg text-accent not-disabled:hover:border-accent not-disabled:hover:bg-soft",
  danger: "border-danger-line bg-panel text-danger not-disabled:hover:bg-danger-bg",
  plain: "border-transparent bg-transparent text-accent not-disabled:hover:underline",
};

/** Return the CSS classes of a button, for links that look like buttons. */
export function buttonClass(kind: keyof typeof KIND_CLASSES = "secondary"): string {
  return `inline-flex min-h-11 items-center justify-center gap-2 rounded-control border px-4 py-1 text-control font-semibold no-underline transition-colors disabled:border-transparent disabled:bg-gone-bg disabled:text-gone disabled:shadow-none aria-busy:opacity-80 ${KIND_CLASSES[kind]}`;
}

export interface ButtonProps extends ComponentProps<"button"> {
  kind?: keyof typeof KIND_CLASSES | undefined;
  /** Whether the action is in progress; meanwhile the button keeps the focus but ignores clicks. */
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

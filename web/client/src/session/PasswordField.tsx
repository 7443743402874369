import { type ComponentProps, useState } from "react";

import { useWords } from "../text/text.tsx";
import { Field } from "../ui/Field.tsx";
import { sessionWords } from "./words.ts";

type PasswordFieldProps = Omit<ComponentProps<typeof Field>, "type" | "end" | "rows"> & {
  /** Tells password managers to fill in the saved password, or to suggest a new one. */
  autoComplete: "current-password" | "new-password";
};

/** Password field with a button to show its text. */
export function PasswordField(props: PasswordFieldProps) {
  const words = useWords(sessionWords);
  const [isShown, setIsShown] = useState(false);
  return (
    <Field
      required
      minLength={props.autoComplete === "new-password" ? 10 : undefined}
      maxLength={200}
      {...props}
      type={isShown ? "text" : "password"}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      end={
        <button
          type="button"
          aria-label={words.showPassword}
          aria-pressed={isShown}
          onClick={() => setIsShown(!isShown)}
          className="absolute inset-y-0 right-0 grid w-10 pointer-coarse:w-11 place-items-center rounded-md text-muted hover:text-text"
        >
          <EyeIcon isOpen={isShown} />
        </button>
      }
    />
  );
}

function EyeIcon({ isOpen }: { isOpen: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className="size-5"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      aria-hidden
    >
      <path d="M2.5 12s3.5-6.5 9.5-6.5 9.5 6.5 9.5 6.5-3.5 6.5-9.5 6.5S2.5 12 2.5 12z" />
      {isOpen ? <circle cx="12" cy="12" r="3" /> : <path d="M4.5 19.5l15-15" />}
    </svg>
  );
}

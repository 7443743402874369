import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import type { CodeState } from "./useCode.ts";
import { sessionWords } from "./words.ts";

/** The reason why no code could be sent by e-mail; empty if there is no problem. */
export function RequestProblem({ code }: { code: CodeState }) {
  const session = useWords(sessionWords);
  const { errors } = useWords(appWords);
  return (
    <p role="alert" className="font-medium text-danger empty:hidden">
      {code.hasFailed
        ? errors.unexpected
        : code.refusal && (code.refusal.problems.email ?? session.tooManyCodes)}
    </p>
  );
}

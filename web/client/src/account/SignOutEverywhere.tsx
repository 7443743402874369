import { useState } from "react";
import { useNavigate } from "react-router";

import { appWords } from "../app/words.ts";
import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { accountWords } from "./words.ts";

/** Button that ends all sessions of the account. */
export function SignOutEverywhere() {
  const words = useWords(accountWords);
  const { errors } = useWords(appWords);
  const { signOut } = useViewer();
  const navigate = useNavigate();
  const [isBusy, setIsBusy] = useState(false);

  async function leave(): Promise<void> {
    setIsBusy(true);
    try {
      await signOut({ everywhere: true });
      void navigate("/");
      void toast(words.signedOut);
    } catch {
      setIsBusy(false);
      void toastError(errors.unexpected);
    }
  }

  return (
    <Button kind="danger" isBusy={isBusy} onClick={() => void leave()}>
      {isBusy ? words.signingOut : words.everywhere}
    </Button>
  );
}

import { useMutation } from "@apollo/client/react";
import { useState } from "react";

import { serverUrl } from "../api/server.ts";
import { graphql } from "../api/gql/gql.ts";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { toastError } from "../ui/toast.tsx";
import { accountWords } from "./words.ts";

const EXPORT_MY_DATA = graphql(`
  mutation ExportMyData {
    exportMyData
  }
`);

/** Button that downloads everything that is stored about the viewer. */
export function OwnData() {
  const words = useWords(accountWords);
  const { errors } = useWords(appWords);
  const [request] = useMutation(EXPORT_MY_DATA);
  const [isBusy, setIsBusy] = useState(false);

  async function download(): Promise<void> {
    setIsBusy(true);
    try {
      const { data } = await request();
      if (data) window.location.assign(serverUrl(data.exportMyData));
    } catch {
      void toastError(errors.unexpected);
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <Button isBusy={isBusy} onClick={() => void download()}>
      {words.download}
    </Button>
  );
}

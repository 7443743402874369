import { useMutation } from "@apollo/client/react";

import type { AdministeredUserFragment } from "../../api/gql/graphql.ts";
import { appWords } from "../../app/words.ts";
import { useWords } from "../../text/text.tsx";
import { toast, toastError } from "../../ui/toast.tsx";
import { ConfirmDialog } from "../ConfirmDialog.tsx";
import { administrationWords } from "../words.ts";
import { UPDATE_USER } from "./documents.ts";

interface DisableUserDialogProps {
  user: AdministeredUserFragment;
  onClose: () => void;
}

/** Asks for confirmation before an account is disabled or enabled. */
export function DisableUserDialog({
  user: { id, name, disabled },
  onClose,
}: DisableUserDialogProps) {
  const text = useWords(administrationWords);
  const { errors } = useWords(appWords);
  const [updateUser, { loading }] = useMutation(UPDATE_USER);

  async function toggle(): Promise<string> {
    try {
      const { data } = await updateUser({
        variables: { input: { userId: id, disabled: !disabled } },
      });
      const answer = data?.updateUser;
      if (answer && answer.__typename !== "User") return text.problem(answer.message);
      void toast(disabled ? text.enabledNow(name) : text.disabledNow(name));
      onClose();
    } catch {
      void toastError(errors.unexpected);
    }
    return "";
  }

  return (
    <ConfirmDialog
      title={disabled ? text.askEnable(name) : text.askDisable(name)}
      body={disabled ? text.askEnableBody : text.askDisableBody}
      action={disabled ? text.enable : text.disable}
      isBusy={loading}
      onConfirm={toggle}
      onClose={onClose}
    />
  );
}

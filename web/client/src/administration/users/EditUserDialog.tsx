import { useMutation } from "@apollo/client/react";
import { type SubmitEvent, useId, useState } from "react";

import type { AdministeredUserFragment, Role } from "../../api/gql/graphql.ts";
import { appWords } from "../../app/words.ts";
import { Dialog } from "../../bookings/Dialog.tsx";
import { useWords } from "../../text/text.tsx";
import { timeZones } from "../../time/zones.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { problemsByField } from "../../ui/problems.ts";
import { Select } from "../../ui/Select.tsx";
import { toast, toastError } from "../../ui/toast.tsx";
import { useProblems } from "../../ui/useProblems.ts";
import { administrationWords } from "../words.ts";
import { UPDATE_USER } from "./documents.ts";

const ROLES: readonly Role[] = ["CLIENT", "EXPERT", "ADMIN"];

interface EditUserDialogProps {
  user: AdministeredUserFragment;
  onClose: () => void;
}

/** Dialog to edit an account's name, role and time zone; shows why a change is refused. */
export function EditUserDialog({ user, onClose }: EditUserDialogProps) {
  const text = useWords(administrationWords);
  const { errors } = useWords(appWords);
  const id = useId();
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState(user.role);
  const [timeZone, setTimeZone] = useState(user.timeZone);
  const { form, problems, setProblems } = useProblems();
  const [refusal, setRefusal] = useState("");
  const [updateUser, { loading }] = useMutation(UPDATE_USER);

  async function send(): Promise<void> {
    setRefusal("");
    setProblems(undefined);
    const changes = {
      ...(name !== user.name && { name }),
      ...(role !== user.role && { role }),
      ...(timeZone !== user.timeZone && { timeZone }),
    };
    if (!Object.keys(changes).length) {
      onClose();
      return;
    }
    const { data } = await updateUser({ variables: { input: { userId: user.id, ...changes } } });
    const answer = data?.updateUser;
    if (answer?.__typename === "InvalidInput") {
      const translated = answer.fields.map(({ field, message }) => ({
        field,
        message: text.problem(message),
      }));
      setProblems(problemsByField(translated));
      return;
    }
    if (answer?.__typename !== "User") {
      setRefusal(text.problem(answer?.message ?? ""));
      return;
    }
    void toast(text.saved(answer.name));
    onClose();
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (!loading) send().catch(() => void toastError(errors.unexpected));
  }

  return (
    <Dialog title={text.editOf(user.name)} isBusy={loading} onClose={onClose}>
      <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
        <Field
          label={text.name}
          autoComplete="off"
          value={name}
          problem={problems?.name}
          onChange={({ target }) => setName(target.value)}
        />
        <div className="grid gap-1">
          <Select
            label={text.role}
            value={role}
            aria-invalid={problems?.role ? true : undefined}
            aria-describedby={`${id}-role`}
            onChange={({ target }) => setRole(target.value as Role)}
          >
            {ROLES.map((each) => (
              <option key={each} value={each}>
                {text.roles[each]}
              </option>
            ))}
          </Select>
          <p
            id={`${id}-role`}
            className={`text-xs ${problems?.role ? "text-danger" : "text-muted"}`}
          >
            {problems?.role ?? text.endsSessions}
          </p>
        </div>
        <Select
          label={text.zone}
          value={timeZone}
          onChange={({ target }) => setTimeZone(target.value)}
        >
          {timeZones(timeZone).map((zone) => (
            <option key={zone} value={zone}>
              {zone.replaceAll("_", " ")}
            </option>
          ))}
        </Select>
        <div role="alert">
          {refusal && (
            <p className="rounded-md border border-danger bg-danger-bg p-3 text-danger">
              {refusal}
            </p>
          )}
        </div>
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={() => !loading && onClose()}>{text.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={loading}>
            {loading ? text.saving : text.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

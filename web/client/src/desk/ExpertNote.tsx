import { useMutation } from "@apollo/client/react";
import { type SubmitEvent, useEffect, useRef, useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { deskWords } from "./words.ts";

const SET_EXPERT_NOTE = graphql(`
  mutation SetExpertNote($id: ID!, $note: String!) {
    setExpertNote(input: { bookingId: $id, note: $note }) {
      ... on Booking {
        id
        expertNote
      }
      ... on Refusal {
        message
      }
    }
  }
`);

/** Maximum number of characters in a note that the server accepts. */
const MAX_CHARS = 2_000;

interface ExpertNoteProps {
  bookingId: string;
  /** The client's name. */
  name: string;
  note: string;
}

/** The expert's private note about a booking, which can be edited in place. */
export function ExpertNote({ bookingId, name, note }: ExpertNoteProps) {
  const text = useWords(deskWords).privateNote;
  const { errors } = useWords(appWords);
  const [draft, setDraft] = useState<string>();
  const [setNote, { loading }] = useMutation(SET_EXPERT_NOTE);
  const edit = useRef<HTMLButtonElement>(null);
  const wasEdited = useRef(false);
  const isEdited = draft !== undefined;
  useEffect(() => {
    if (wasEdited.current && !isEdited) edit.current?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);

  async function save(): Promise<void> {
    const { data } = await setNote({ variables: { id: bookingId, note: draft ?? "" } });
    if (data?.setExpertNote.__typename !== "Booking") {
      void toastError(errors.unexpected);
      return;
    }
    setDraft(undefined);
    void toast(text.saved);
  }

  if (!isEdited) {
    return (
      <div
        className={
          note ? "grid basis-full justify-items-start gap-1 rounded-md bg-sunken p-3" : "order-1"
        }
      >
        {note && (
          <>
            <p className="flex items-center gap-1.5 text-xs font-medium text-muted">
              <Icon name="lock" className="size-3.5" />
              {text.label}
            </p>
            <p dir="auto" lang="" className="max-w-prose whitespace-pre-line wrap-anywhere">
              {note}
            </p>
          </>
        )}
        <button
          ref={edit}
          type="button"
          aria-label={`${note ? text.edit : text.add}: ${name}`}
          onClick={() => setDraft(note)}
          className="inline-flex min-h-8 items-center gap-1.5 text-sm font-medium text-accent hover:underline pointer-coarse:min-h-11"
        >
          {!note && <Icon name="lock" className="size-4" />}
          {note ? text.edit : text.add}
        </button>
      </div>
    );
  }
  return (
    <form
      className="grid basis-full gap-3 rounded-md bg-sunken p-3"
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        if (!loading) save().catch(() => void toastError(errors.unexpected));
      }}
    >
      <Field
        label={text.label}
        hint={text.hint}
        rows={4}
        autoFocus
        maxLength={MAX_CHARS}
        value={draft}
        onChange={({ target }) => setDraft(target.value)}
        onKeyDown={({ key }) => {
          if (key === "Escape" && draft === note) setDraft(undefined);
        }}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="primary" isBusy={loading}>
          {loading ? text.saving : text.save}
        </Button>
        <Button onClick={() => setDraft(undefined)}>{text.cancel}</Button>
      </div>
    </form>
  );
}

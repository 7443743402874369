import { useApolloClient } from "@apollo/client/react";
import { useRef, useState } from "react";

import { appWords } from "../../app/words.ts";
import { useWords } from "../../text/text.tsx";
import { Button } from "../../ui/Button.tsx";
import { toast } from "../../ui/toast.tsx";
import { changePhoto, PHOTO_TYPES, PhotoRefused } from "./photo.ts";
import { entryWords, type PhotoProblem } from "./words.ts";

interface PhotoProps {
  expert: { readonly id: string; readonly photoUrl: string };
}

/** The expert's photo, with buttons to upload a new photo and to remove the photo. */
export function Photo({ expert }: PhotoProps) {
  const text = useWords(entryWords);
  const { errors } = useWords(appWords);
  const { cache } = useApolloClient();
  const input = useRef<HTMLInputElement>(null);
  const upload = useRef<HTMLButtonElement>(null);
  const [busyWith, setBusyWith] = useState<"upload" | "removal">();
  const [problem, setProblem] = useState("");
  // Without a photo, `photoUrl` leads to a picture of the initials, and does not end in `.webp`.
  const hasPhoto = expert.photoUrl.endsWith(".webp");

  async function change(file: File | null): Promise<void> {
    setBusyWith(file ? "upload" : "removal");
    setProblem("");
    try {
      const photoUrl = await changePhoto(file);
      const id = cache.identify({ __typename: "Expert", id: expert.id });
      cache.modify({ ...(id && { id }), fields: { photoUrl: () => photoUrl } });
      // Move the focus, because the button that removes a photo disappears with the photo.
      if (!file) upload.current?.focus();
      void toast(file ? text.uploaded : text.removed);
    } catch (error) {
      const code = error instanceof PhotoRefused ? error.code : "";
      setProblem(
        code in text.photoProblems ? text.photoProblems[code as PhotoProblem] : errors.unexpected,
      );
    } finally {
      setBusyWith(undefined);
    }
  }

  return (
    <div className="flex flex-wrap items-center gap-5">
      <img
        src={expert.photoUrl}
        alt=""
        width={96}
        height={96}
        className="size-24 rounded-portrait bg-gone-bg object-cover"
      />
      <div className="grid gap-2">
        <div className="flex flex-wrap gap-3">
          <input
            ref={input}
            type="file"
            hidden
            aria-label={text.upload}
            accept={PHOTO_TYPES.join()}
            onChange={({ target }) => {
              const file = target.files?.[0];
              // Clear the field, so that choosing the same file again causes a change event.
              target.value = "";
              if (file) void change(file);
            }}
          />
          <Button
            ref={upload}
            isBusy={busyWith === "upload"}
            onClick={() => input.current?.click()}
          >
            {busyWith === "upload" ? text.uploading : text.upload}
          </Button>
          {hasPhoto && (
            <Button kind="plain" isBusy={busyWith === "removal"} onClick={() => void change(null)}>
              {busyWith === "removal" ? text.removing : text.remove}
            </Button>
          )}
        </div>
        <p className="text-sm text-muted">{text.photoHint}</p>
        <p role="alert" className="text-sm text-danger empty:hidden">
          {problem}
        </p>
      </div>
    </div>
  );
}

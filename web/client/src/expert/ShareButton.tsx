import { useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { toast } from "../ui/toast.tsx";
import { expertWords } from "./words.ts";

const MENU_ERRORS = ["AbortError", "InvalidStateError"];

interface ShareButtonProps {
  name: string;
  slug: string;
}

/** Button that shares the expert's URL through the device's share menu, or else copies it. */
export function ShareButton({ name, slug }: ShareButtonProps) {
  const text = useWords(expertWords);
  async function share(): Promise<void> {
    const url = new URL(`/experts/${slug}`, window.location.href).href;
    try {
      if ("share" in navigator) await navigator.share({ title: name, url });
      else {
        await (navigator as Navigator).clipboard.writeText(url);
        void toast(text.linkCopied);
      }
    } catch (error) {
      // Ignore the errors of a share menu that was closed or is already open. Other errors mean
      // that the browser denied access.
      const isMenu = error instanceof DOMException && MENU_ERRORS.includes(error.name);
      if (!isMenu) void toast(url);
    }
  }
  return (
    <button
      type="button"
      onClick={() => void share()}
      className="inline-flex min-h-9 items-center gap-2 rounded-full px-3 text-sm font-medium text-muted hover:bg-sunken hover:text-text pointer-coarse:min-h-11"
    >
      <Icon name="share" className="size-4" />
      {text.share}
    </button>
  );
}

import { useEffect } from "react";

/** Name the page in the browser's tab and history, and for screen readers. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · ExpertBook` : "ExpertBook";
  }, [title]);
}

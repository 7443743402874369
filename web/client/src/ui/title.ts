import { useEffect } from "react";

/** Set the document title. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · ExpertBook` : "ExpertBook";
  }, [title]);
}

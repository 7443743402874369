import type { ReactNode } from "react";

import { PageData } from "../api/pageData.ts";
import { TextProvider } from "../text/text.tsx";
import { render } from "./react.ts";

const ELEMENT_ID = "early";

/** Render content into the page, to be shown until React has loaded; do nothing without data. */
export function show(content: (page: PageData) => ReactNode): void {
  const element = document.getElementById(ELEMENT_ID);
  const node = content(new PageData());
  if (element && node) element.innerHTML = render(<TextProvider>{node}</TextProvider>);
}

/**
 * Return the data that the server put into the page for the named query; undefined if there are
 * none.
 */
export function dataOf(page: PageData, name: string): unknown {
  return page.find(name)?.result.data;
}

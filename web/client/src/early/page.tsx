import type { ReactNode } from "react";

import { PageData } from "../api/pageData.ts";
import { TextProvider } from "../text/text.tsx";
import { render } from "./react.ts";

const ELEMENT_ID = "early";

/** Show content in the page until React has loaded; show nothing if its data are missing. */
export function show(content: (page: PageData) => ReactNode): void {
  const element = document.getElementById(ELEMENT_ID);
  const node = content(new PageData());
  if (element && node) element.innerHTML = render(<TextProvider>{node}</TextProvider>);
}

/** Return the data of the page's answer to a query; undefined if there is none. */
export function dataOf(page: PageData, name: string): unknown {
  return page.find(name)?.result.data;
}

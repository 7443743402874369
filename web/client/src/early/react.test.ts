import { expect, test } from "vitest";

import { createContext, Fragment, jsx, type Node, render, use, useId, useState } from "./react.ts";

const Theme = createContext("light");

function Shown({ label }: { label: string }): Node {
  const [count] = useState(() => 2);
  return [label, " ", count, " ", use(Theme)];
}

test("components, contexts and lists are rendered to HTML", () => {
  const shown = jsx(Shown as never, { label: "x" });
  const list = jsx("ul", { children: [shown, null, false, jsx("li", { children: 0 })] });
  expect(render(list)).toBe("<ul>x 2 light<li>0</li></ul>");
  const dark = jsx(Theme, { value: "dark", children: shown });
  expect(render(jsx(Fragment as never, { children: [dark, shown] }))).toBe("x 2 darkx 2 light");
  expect(use(Theme)).toBe("light");
});

test("texts and attributes are escaped", () => {
  expect(render('<img src="x"> & so')).toBe("&lt;img src=&quot;x&quot;&gt; &amp; so");
  expect(render(jsx("a", { href: '"><script>', children: "</a>" }))).toBe(
    '<a href="&quot;&gt;&lt;script&gt;">&lt;/a&gt;</a>',
  );
});

test("properties become attributes as in React", () => {
  const properties = {
    ...{
      className: "card",
      htmlFor: "x",
      tabIndex: -1,
      "aria-hidden": true,
      "aria-pressed": false,
    },
    ...{ checked: true, disabled: false, title: undefined, onClick: () => undefined, ref: {} },
    style: { width: "50%", marginTop: 0 },
  };
  expect(render(jsx("input", properties))).toBe(
    '<input class="card" for="x" tabindex="-1" aria-hidden="true" aria-pressed="false" checked=""' +
      ' style="width:50%;margin-top:0"/>',
  );
  const circle = { cx: 12, pathLength: 1, strokeWidth: 2, fillOpacity: 0.5 };
  expect(render(jsx("circle", circle))).toBe(
    '<circle cx="12" pathLength="1" stroke-width="2" fill-opacity="0.5"/>',
  );
});

test("ids are unique", () => {
  expect(useId()).not.toBe(useId());
});

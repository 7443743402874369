import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { toast } from "sonner";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { TextProvider } from "../text/text.tsx";
import { chooseTheme } from "../ui/theme.ts";
import { Toasts } from "../ui/toast.tsx";
import { ShareButton } from "./ShareButton.tsx";

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });

const ADDRESS = new URL("/experts/elsa", window.location.href).href;

// Choose a theme. Otherwise the toaster would read the device's theme with matchMedia, which jsdom
// lacks.
beforeEach(() => chooseTheme("light"));
afterEach(() => {
  cleanup();
  toast.dismiss();
  Reflect.deleteProperty(navigator, "share");
  Reflect.deleteProperty(navigator, "clipboard");
});

/** Press the button in a browser that supports the given ways to share; jsdom supports none. */
function share(ways: { share?: Navigator["share"]; clipboard?: Pick<Clipboard, "writeText"> }) {
  Object.assign(navigator, ways);
  render(
    <TextProvider>
      <ShareButton name="Elsa" slug="elsa" />
      <Toasts />
    </TextProvider>,
  );
  fireEvent.click(screen.getByRole("button", { name: "Share" }));
}

test("the device's share menu receives the expert's name and URL", () => {
  const menu = vi.fn<Navigator["share"]>(() => Promise.resolve());
  share({ share: menu });
  expect(menu.mock.calls).toEqual([[{ title: "Elsa", url: ADDRESS }]]);
});

test("without a share menu, the URL is copied, and a message confirms it", async () => {
  const writeText = vi.fn<Clipboard["writeText"]>(() => Promise.resolve());
  share({ clipboard: { writeText } });
  await screen.findByText("Link copied.");
  expect(writeText.mock.calls).toEqual([[ADDRESS]]);
});

test("the URL is shown if it can be neither shared nor copied", async () => {
  share({});
  await screen.findByText(ADDRESS);
});

test("the URL is shown if the browser denies access to the clipboard", async () => {
  const denied = new DOMException("denied", "NotAllowedError");
  share({ clipboard: { writeText: () => Promise.reject(denied) } });
  await screen.findByText(ADDRESS);
});

test("the URL is shown if sharing fails, but not if the menu is closed or reopened", async () => {
  const menu = vi.fn<Navigator["share"]>();
  menu.mockRejectedValueOnce(new DOMException("closed", "AbortError"));
  menu.mockRejectedValueOnce(new DOMException("already open", "InvalidStateError"));
  menu.mockRejectedValueOnce(new DOMException("denied", "NotAllowedError"));
  share({ share: menu });
  fireEvent.click(screen.getByRole("button", { name: "Share" }));
  fireEvent.click(screen.getByRole("button", { name: "Share" }));
  await screen.findByText(ADDRESS);
  expect(screen.getAllByRole("listitem")).toHaveLength(1);
});

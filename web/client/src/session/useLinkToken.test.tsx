import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { BrowserRouter } from "react-router";
import { beforeEach, expect, it } from "vitest";

import { useLinkToken } from "./useLinkToken.ts";

function render() {
  return renderHook(useLinkToken, {
    wrapper: ({ children }) => (
      <StrictMode>
        <BrowserRouter>{children}</BrowserRouter>
      </StrictMode>
    ),
  }).result;
}

beforeEach(() => window.history.replaceState(null, "", "/verify-email"));

it("removes the token from the URL", () => {
  window.history.replaceState(null, "", "/verify-email#token=a-b_c");
  expect(render().current).toBe("a-b_c");
  expect(window.location.href).toBe(`${window.location.origin}/verify-email`);
});

it("returns the token of another link that is opened in the same tab", async () => {
  window.history.replaceState(null, "", "/verify-email#token=one");
  const token = render();
  await act(() => {
    window.history.pushState(null, "", "#token=two");
    window.dispatchEvent(new PopStateEvent("popstate"));
    return Promise.resolve();
  });
  expect(token.current).toBe("two");
  expect(window.location.hash).toBe("");
});

it("returns null for a URL without a token", () => {
  expect(render().current).toBeNull();
});

import { expect, it } from "vitest";

import { mailtoUrl, telUrl } from "./contactUrls.ts";

it("encodes an e-mail address, so that it cannot add a recipient, subject or body", () => {
  const hostile = new URL(mailtoUrl("a?bcc=eve&body=x%0A@example.com"));
  expect(hostile.search).toBe("");
  expect(decodeURIComponent(hostile.pathname)).toBe("a?bcc=eve&body=x%0A@example.com");
  expect(mailtoUrl("ada+work@example.com")).toBe("mailto:ada%2Bwork@example.com");
  expect(mailtoUrl("jörg@example.com")).toBe("mailto:j%C3%B6rg@example.com");
});

it("the URL of a phone number includes its extension", () => {
  expect(telUrl("+442079460018 ext. 123")).toBe("tel:+442079460018;ext=123");
  expect(telUrl("+442079460018")).toBe("tel:+442079460018");
});

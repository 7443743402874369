import { afterEach, expect, it, vi } from "vitest";

import { changePhoto, photoProblem, PhotoRefused } from "./photo.ts";

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: object) {
  const fetch = vi.fn(() => Promise.resolve(Response.json(body, { status })));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

it("uploads a file unchanged, and resolves to the photo's URL", async () => {
  const fetch = answer(201, { photoUrl: "/photos/1a2b.webp" });
  const file = new File(["picture"], "me.jpg", { type: "image/jpeg" });
  expect(await changePhoto(file)).toBe("/photos/1a2b.webp");
  expect(fetch).toHaveBeenCalledWith("/photos", {
    method: "POST",
    headers: { "X-Session": "cookie", "Content-Type": "image/jpeg" },
    body: file,
    credentials: "include",
  });
});

it("rejects with the error code of the server", async () => {
  answer(422, { errors: [{ extensions: { code: "ANIMATED_IMAGE" } }] });
  const file = new File(["picture"], "me.png", { type: "image/png" });
  await expect(changePhoto(file)).rejects.toEqual(new PhotoRefused("ANIMATED_IMAGE"));
});

it.each([
  [{ type: "image/gif", size: 1 }, "UNSUPPORTED_IMAGE"],
  [{ type: "", size: 1 }, "UNSUPPORTED_IMAGE"],
  [{ type: "image/webp", size: 5_000_001 }, "IMAGE_TOO_LONG"],
  [{ type: "image/webp", size: 5_000_000 }, undefined],
])("refuses the file %j before the upload if the server would refuse it", (file, problem) => {
  expect(photoProblem(file)).toBe(problem);
});

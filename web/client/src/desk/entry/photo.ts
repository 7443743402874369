import { serverUrl } from "../../api/server.ts";

/** Media types of photos that the server accepts. */
export const PHOTO_TYPES = ["image/jpeg", "image/png", "image/webp"] as const;

const MAX_BYTES = 5_000_000;

/** Error for a refused photo; `code` is one of the server's error codes. */
export class PhotoRefused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * Return the error code that says why a file cannot be uploaded; undefined for an acceptable file.
 *
 * The server makes the same checks, but only after the file has been uploaded.
 */
export function photoProblem({ type, size }: { type: string; size: number }): string | undefined {
  if (!PHOTO_TYPES.some((known) => known === type)) return "UNSUPPORTED_IMAGE";
  return size > MAX_BYTES ? "IMAGE_TOO_LONG" : undefined;
}

/**
 * Upload a file as the viewer's photo; null removes the photo. Resolves to the new photo's URL.
 *
 * @throws PhotoRefused with the error code, if the photo is refused.
 */
export async function changePhoto(file: File | null): Promise<string> {
  const problem = file && photoProblem(file);
  if (problem) throw new PhotoRefused(problem);
  const response = await fetch(serverUrl("/photos"), {
    credentials: "include",
    method: file ? "POST" : "DELETE",
    headers: { "X-Session": "cookie", ...(file && { "Content-Type": file.type }) },
    body: file,
  });
  const answer = (await response.json()) as {
    photoUrl?: string;
    errors?: readonly { extensions: { code: string } }[];
  };
  if (answer.photoUrl) return answer.photoUrl;
  throw new PhotoRefused(answer.errors?.[0]?.extensions.code ?? "INTERNAL");
}

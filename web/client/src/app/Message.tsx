import type { ReactNode } from "react";

interface MessageProps {
  title: string;
  body: string;
  /** Heading level: `h2` where the message replaces only a part of the page. */
  heading?: "h1" | "h2";
  /** HTTP status code to show. */
  code?: number;
  children?: ReactNode;
}

/** Message in place of a page, or a part of one, that has no content. */
export function Message({ title, body, heading: Heading = "h1", code, children }: MessageProps) {
  const size = Heading === "h1" ? "py-24 text-xl" : "py-16 text-lg";
  return (
    <section className={`grid justify-items-center gap-2 px-6 text-center ${size}`}>
      {code && (
        <p
          aria-hidden
          className="mb-2 rounded-full bg-soft px-3 py-1 text-sm font-medium tabular-nums"
        >
          {code}
        </p>
      )}
      <Heading className="font-semibold text-balance">{title}</Heading>
      <p className="max-w-prose text-base text-balance text-muted">{body}</p>
      <div className="mt-4 flex flex-wrap justify-center gap-3">{children}</div>
    </section>
  );
}

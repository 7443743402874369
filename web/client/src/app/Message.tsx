import type { ReactNode } from "react";

interface MessageProps {
  title: string;
  body: string;
  /** Element of the title: `h2` if the message replaces only a part of a page. */
  heading?: "h1" | "h2";
  /** HTTP status code to show. */
  code?: number;
  children?: ReactNode;
}

/** Message in place of the content of a page, or of a part of a page. */
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

import type { ReactNode } from "react";
import { Link } from "react-router";

import type { Category } from "../api/gql/graphql.ts";
import type { Counts } from "../directory/Categories.tsx";
import { categoryWords } from "../directory/categoryWords.ts";
import { CATEGORIES, directoryPath } from "../directory/directoryQuery.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { landingWords } from "./landingWords.ts";

// From Lucide (ISC).
const SHAPES: Record<Category, ReactNode> = {
  TECHNOLOGY: <path d="m16 18 6-6-6-6M8 6l-6 6 6 6" />,
  FINANCE: (
    <>
      <path d="M19 7V4a1 1 0 0 0-1-1H5a2 2 0 0 0 0 4h15a1 1 0 0 1 1 1v4h-3a2 2 0 0 0 0 4h3a1 1 0 0 0 1-1v-2a1 1 0 0 0-1-1" />
      <path d="M3 5v14a2 2 0 0 0 2 2h15a1 1 0 0 0 1-1v-4" />
    </>
  ),
  HEALTH: (
    <>
      <path d="M19 14c1.5-1.5 3-3.2 3-5.5A5.5 5.5 0 0 0 16.5 3c-1.8 0-3 .5-4.5 2-1.5-1.5-2.7-2-4.5-2A5.5 5.5 0 0 0 2 8.5c0 2.3 1.5 4.1 3 5.5l7 7Z" />
      <path d="M3.2 12H9.5l.5-1 2 4.5 2-7 1.5 3.5h5.3" />
    </>
  ),
  BUSINESS: (
    <>
      <path d="M16 20V4a2 2 0 0 0-2-2h-4a2 2 0 0 0-2 2v16" />
      <rect width="20" height="14" x="2" y="6" rx="2" />
    </>
  ),
  LEGAL: (
    <path d="m16 16 3-8 3 8c-.9.7-1.9 1-3 1s-2.1-.3-3-1ZM2 16l3-8 3 8c-.9.7-1.9 1-3 1s-2.1-.3-3-1ZM7 21h10M12 3v18M3 7h2c2 0 5-1 7-2 2 1 5 2 7 2h2" />
  ),
  DESIGN: (
    <path d="M15.7 21.3a1 1 0 0 1-1.4 0l-1.6-1.6a1 1 0 0 1 0-1.4l5.6-5.6a1 1 0 0 1 1.4 0l1.6 1.6a1 1 0 0 1 0 1.4zM18 13l-1.4-6.9a1 1 0 0 0-.7-.8L3.2 2a1 1 0 0 0-1.2 1.2l3.4 12.6a1 1 0 0 0 .7.7L13 18M2.3 2.3l7.3 7.3M13 11a2 2 0 1 1-4 0 2 2 0 0 1 4 0" />
  ),
  MARKETING: (
    <path d="M11 6a13 13 0 0 0 8.4-2.8A1 1 0 0 1 21 4v12a1 1 0 0 1-1.6.8A13 13 0 0 0 11 14H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2zM6 14a12 12 0 0 0 2.4 7.2 2 2 0 0 0 3.2-2.4A8 8 0 0 1 10 14M8 6v8" />
  ),
  EDUCATION: (
    <path d="M21.4 10.9a1 1 0 0 0 0-1.8L12.8 5.2a2 2 0 0 0-1.7 0L2.6 9.1a1 1 0 0 0 0 1.8l8.6 3.9a2 2 0 0 0 1.7 0zM22 10v6M6 12.5V16a6 3 0 0 0 12 0v-3.5" />
  ),
};

/** A link for each field of expertise to its experts in the directory, with their number. */
export function Fields({ counts }: { counts: Counts | undefined }) {
  const text = useWords(landingWords);
  const names = useWords(categoryWords);
  const formats = useFormats();
  return (
    <section aria-labelledby="fields" className="grid gap-6">
      <h2 id="fields" className="text-xl">
        {text.fields}
      </h2>
      <ul className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {CATEGORIES.map((category) => {
          const count = counts?.get(category);
          return (
            <li key={category} className="grid">
              <Link
                to={directoryPath({ categories: [category] })}
                className="flex flex-wrap content-start items-center gap-x-4 gap-y-2 card p-4 text-text no-underline transition-[border-color,box-shadow] hover:border-free-line hover:shadow-2"
              >
                <span className="grid size-11 shrink-0 place-items-center rounded-sm bg-soft text-accent">
                  <svg
                    viewBox="0 0 24 24"
                    aria-hidden
                    className="size-5 fill-none stroke-current stroke-[1.75] [stroke-linecap:round] [stroke-linejoin:round]"
                  >
                    {SHAPES[category]}
                  </svg>
                </span>
                <span>
                  <span className="block font-semibold">{names[category]}</span>
                  <span className="block min-h-5 text-sm text-muted">
                    {count !== undefined && text.count(formats.number(count), count === 1)}
                  </span>
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

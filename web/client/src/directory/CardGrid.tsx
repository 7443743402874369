import type { ReactNode } from "react";

interface CardGridProps {
  /** Whether wide screens show three cards in a row instead of two. */
  isCompact?: boolean;
  children: ReactNode;
}

/** Grid in which expert cards are laid out. */
export function CardGrid({ isCompact = false, children }: CardGridProps) {
  return (
    <ul className={`grid gap-5 ${isCompact ? "md:grid-cols-3" : "md:grid-cols-2"}`}>{children}</ul>
  );
}

import type { ReactNode } from "react";

interface CardGridProps {
  /** Whether three cards share a row. */
  isCompact?: boolean;
  children: ReactNode;
}

/** Grid of expert cards. */
export function CardGrid({ isCompact = false, children }: CardGridProps) {
  return (
    <ul className={`grid gap-5 ${isCompact ? "md:grid-cols-3" : "md:grid-cols-2"}`}>{children}</ul>
  );
}

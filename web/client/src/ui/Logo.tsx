/** The logo; its outlines are in index.html. */
export function Logo({ className = "h-8 w-39" }: { className?: string }) {
  return (
    <svg viewBox="0 0 156 32" className={className} role="img" aria-label="ExpertBook">
      <use href="#logo" />
    </svg>
  );
}

/** A grey shape of the size of what is on its way. */
export function Bone({ className }: { className: string }) {
  return <div aria-hidden className={`animate-pulse bg-line ${className}`} />;
}

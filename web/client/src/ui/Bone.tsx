/** Gray placeholder of the size of the content that is loading. */
export function Bone({ className }: { className: string }) {
  return <div aria-hidden className={`animate-pulse bg-line ${className}`} />;
}

/** Gray placeholder with the size of the content that is loading. */
export function SkeletonBlock({ className }: { className: string }) {
  return <div aria-hidden className={`animate-pulse bg-gone-bg ${className}`} />;
}

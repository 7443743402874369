/** Bar that shows how much of a day is still free. */
export function FreeBar({ share, className = "" }: { share: number; className?: string }) {
  return (
    <span aria-hidden className={`block h-[3px] w-5 overflow-hidden rounded-full ${className}`}>
      <span
        className="block h-full rounded-full bg-current"
        style={{ width: `${Math.round(share * 100)}%` }}
      />
    </span>
  );
}

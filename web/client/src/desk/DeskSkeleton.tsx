import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { Loading } from "../ui/Loading.tsx";

/** Placeholder that is about as large as the lists of bookings that are loading. */
export function DeskSkeleton() {
  return (
    <div className="grid gap-3">
      <div className="sr-only">
        <Loading />
      </div>
      <SkeletonBlock className="rounded-md h-6 w-40" />
      <div aria-hidden className="divide-y divide-line card">
        {[0, 1, 2].map((index) => (
          <div
            key={index}
            className="grid gap-3 p-4 md:grid-cols-[9rem_1fr_5rem] md:gap-6 md:px-6 md:py-5"
          >
            <div className="grid content-start gap-2">
              <SkeletonBlock className="rounded-md h-5 w-28" />
              <SkeletonBlock className="rounded-md h-4 w-16" />
            </div>
            <div className="grid gap-3">
              <SkeletonBlock className="rounded-md h-5 w-36" />
              <SkeletonBlock className="rounded-md h-4 w-4/5" />
              <SkeletonBlock className="rounded-md h-10 w-48" />
            </div>
            <SkeletonBlock className="rounded-md hidden h-6 md:block" />
          </div>
        ))}
      </div>
    </div>
  );
}

import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { Loading } from "../ui/Loading.tsx";

/** Placeholder that is about as large as the list of bookings that is loading. */
export function BookingsSkeleton() {
  return (
    <div className="grid gap-4">
      <div className="sr-only">
        <Loading />
      </div>
      {[0, 1, 2].map((index) => (
        <div
          key={index}
          aria-hidden
          className="grid gap-4 card p-4 md:grid-cols-[11rem_1fr] md:gap-6 md:p-6"
        >
          <div className="grid content-start gap-2">
            <SkeletonBlock className="rounded-md h-5 w-32" />
            <SkeletonBlock className="rounded-md h-5 w-24" />
            <SkeletonBlock className="rounded-md h-4 w-20" />
          </div>
          <div className="grid gap-4">
            <div className="flex items-center gap-3">
              <SkeletonBlock className="size-10 rounded-portrait" />
              <SkeletonBlock className="rounded-md h-8 w-40" />
            </div>
            <SkeletonBlock className="rounded-md h-4 w-4/5" />
            <SkeletonBlock className="rounded-md h-4 w-3/5" />
            <SkeletonBlock className="rounded-md h-10 w-56" />
          </div>
        </div>
      ))}
    </div>
  );
}

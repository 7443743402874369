import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { Loading } from "../ui/Loading.tsx";

/** Placeholder with the size of the expert's page. */
export function ExpertSkeleton() {
  return (
    <div className="grid gap-8 pt-13">
      <div className="sr-only">
        <Loading />
      </div>
      <div aria-hidden className="flex items-center gap-4 sm:gap-7">
        <SkeletonBlock className="size-18 rounded-portrait sm:size-34" />
        <div className="grid flex-1 gap-3">
          <SkeletonBlock className="h-9 w-60 rounded-md" />
          <SkeletonBlock className="h-5 w-40 rounded-md" />
        </div>
      </div>
      <div className="card grid rounded-xl md:grid-cols-[16rem_minmax(0,1fr)] lg:grid-cols-[17rem_minmax(0,1fr)_20rem]">
        <div aria-hidden className="grid content-start gap-3 p-6 md:row-span-2 lg:row-span-1">
          <SkeletonBlock className="h-7 w-32 rounded-md" />
          <SkeletonBlock className="h-16 rounded-md" />
        </div>
        <TimePanesSkeleton />
      </div>
    </div>
  );
}

/** Placeholder for the calendar and the times of the selected day. */
export function TimePanesSkeleton() {
  return (
    <>
      <div aria-hidden className="p-4 sm:p-6">
        <SkeletonBlock className="h-[29rem] rounded-md" />
      </div>
      <div className="border-t border-line p-4 sm:p-6 lg:border-t-0 lg:border-l">
        <SlotListSkeleton />
      </div>
    </>
  );
}

export function SlotListSkeleton() {
  return (
    <div className="grid content-start gap-2" aria-hidden>
      <SkeletonBlock className="mb-2 h-7 w-32 rounded-md" />
      <div className="grid grid-cols-2 gap-2">
        {Array.from({ length: 12 }, (_, index) => (
          <SkeletonBlock key={index} className="h-11 rounded-sm" />
        ))}
      </div>
    </div>
  );
}

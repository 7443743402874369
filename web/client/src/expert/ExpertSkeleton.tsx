import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { Loading } from "../ui/Loading.tsx";

/** Placeholder of the size of the three panes. */
export function ExpertSkeleton() {
  return (
    <div className="grid min-h-[36rem] card md:grid-cols-[15rem_1fr_15rem] md:divide-x md:divide-line">
      <div className="grid content-start gap-4 p-6" aria-hidden>
        <SkeletonBlock className="size-16 rounded-portrait" />
        <SkeletonBlock className="rounded-md h-7 w-40" />
        <SkeletonBlock className="rounded-md h-24" />
      </div>
      <div className="p-6">
        <div className="sr-only">
          <Loading />
        </div>
        <SkeletonBlock className="rounded-md h-72" />
      </div>
      <SlotListSkeleton />
    </div>
  );
}

export function SlotListSkeleton() {
  return (
    <div className="grid content-start gap-2 p-6" aria-hidden>
      <SkeletonBlock className="rounded-md mb-2 h-7 w-24" />
      {Array.from({ length: 8 }, (_, index) => (
        <SkeletonBlock key={index} className="h-10" />
      ))}
    </div>
  );
}

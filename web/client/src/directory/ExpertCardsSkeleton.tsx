import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { Loading } from "../ui/Loading.tsx";

/** Placeholder cards of the size of expert cards. */
export function ExpertCardsSkeleton({ count }: { count: number }) {
  return (
    <>
      <div className="sr-only">
        <Loading />
      </div>
      <div aria-hidden className="grid gap-4 md:grid-cols-2">
        {Array.from({ length: count }, (_, index) => (
          <div key={index} className="grid gap-4 card p-4 sm:p-5">
            <div className="flex h-21 gap-4">
              <SkeletonBlock className="size-12 sm:size-14 rounded-portrait" />
              <div className="grid flex-1 content-start gap-2 pt-1">
                <SkeletonBlock className="h-4 w-1/2 rounded-md" />
                <SkeletonBlock className="h-4 w-3/4 rounded-md" />
              </div>
            </div>
            <div className="h-[49px] border-t border-line pt-4">
              <SkeletonBlock className="h-4 w-2/3 rounded-md" />
            </div>
          </div>
        ))}
      </div>
    </>
  );
}

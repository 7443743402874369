import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { Loading } from "../ui/Loading.tsx";

interface ExpertCardsSkeletonProps {
  count: number;
  isCompact?: boolean;
}

/** Placeholder cards that are as large as expert cards, for experts who are still loading. */
export function ExpertCardsSkeleton({ count, isCompact = false }: ExpertCardsSkeletonProps) {
  return (
    <>
      <div className="sr-only">
        <Loading />
      </div>
      <div aria-hidden className={`grid gap-5 ${isCompact ? "md:grid-cols-3" : "md:grid-cols-2"}`}>
        {Array.from({ length: count }, (_, index) => (
          <div key={index} className="grid gap-4 card p-4 sm:p-6">
            <div className="flex gap-4">
              <SkeletonBlock
                className={`rounded-portrait ${isCompact ? "size-14" : "size-15 sm:size-23"}`}
              />
              <div className="grid flex-1 content-start gap-2 pt-1">
                <SkeletonBlock className="h-5 w-1/2 rounded-md" />
                <SkeletonBlock className="h-4 w-3/4 rounded-md" />
              </div>
            </div>
            {!isCompact && <SkeletonBlock className="h-10 rounded-md" />}
            <div className="grid grid-cols-3 gap-2">
              {[0, 1, 2].map((slot) => (
                <SkeletonBlock key={slot} className="h-13 rounded-sm" />
              ))}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}

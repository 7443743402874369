import { Bone } from "../ui/Bone.tsx";
import { Loading } from "../ui/Loading.tsx";

/** Placeholder of the size of the three panes. */
export function Skeleton() {
  return (
    <div className="grid min-h-[36rem] rounded-lg border border-line bg-panel md:grid-cols-[15rem_1fr_15rem] md:divide-x md:divide-line">
      <div className="grid content-start gap-4 p-6" aria-hidden>
        <Bone className="size-16 rounded-full" />
        <Bone className="rounded-md h-7 w-40" />
        <Bone className="rounded-md h-24" />
      </div>
      <div className="p-6">
        <div className="sr-only">
          <Loading />
        </div>
        <Bone className="rounded-md h-72" />
      </div>
      <SlotBones />
    </div>
  );
}

export function SlotBones() {
  return (
    <div className="grid content-start gap-2 p-6" aria-hidden>
      <Bone className="rounded-md mb-2 h-7 w-24" />
      {Array.from({ length: 8 }, (_, index) => (
        <Bone key={index} className="h-10" />
      ))}
    </div>
  );
}

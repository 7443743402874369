import { useState } from "react";
import { Link, useLocation } from "react-router";

import { appWords } from "../app/words.ts";
import type { SlotTime } from "../expert/slots.ts";
import { signInPath, useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { useJoinWaitlist, useWaits } from "./waits.ts";
import { WaitingLine } from "./WaitingLine.tsx";
import { ALL_PARTS, overlaps, type Part, partsOf, windowsOf } from "./windows.ts";
import { waitingWords } from "./words.ts";

interface FullDayProps {
  expertId: string;
  minutes: number;
  date: string;
  /** The slots of the day, all of them taken. */
  slots: readonly SlotTime[];
  /** Free slots on nearby days. */
  nearest: readonly SlotTime[];
  onChoose: (slot: SlotTime) => void;
}

/** Message that a day is full, with the form to join its waiting list, and nearby free times. */
export default function FullDay(props: FullDayProps) {
  const { expertId, minutes, date, nearest, onChoose } = props;
  const text = useWords(waitingWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const { personId } = useViewer();
  const waits = useWaits(Boolean(personId));
  const [day] = windowsOf(date, zone, new Set(ALL_PARTS));
  const own = waits.filter(
    (wait) => wait.expert.id === expertId && wait.minutes === minutes && day && overlaps(day, wait),
  );
  return (
    <section aria-labelledby="full" className="grid content-start gap-4">
      <div className="flex min-h-9 items-center justify-between gap-4">
        <p className="display text-lg first-letter:uppercase">{formats.day(date)}</p>
        <LiveBadge />
      </div>
      <div className="grid gap-2">
        <span className="grid size-11 place-items-center rounded-md bg-held-bg text-held">
          <Icon name="bell" />
        </span>
        <h2 id="full" className="text-lg">
          {own.length ? text.inLine : text.full}
        </h2>
      </div>
      {own.length ? (
        own.map((wait) => <WaitingLine key={wait.id} wait={wait} />)
      ) : (
        <JoinForm key={date} {...props} />
      )}
      {nearest.length > 0 && (
        <div className="grid gap-2 border-t border-line pt-4">
          <p id="nearest" className="text-sm font-semibold">
            {text.soonerFree}
          </p>
          <ul aria-labelledby="nearest" className="grid gap-2">
            {nearest.map((slot) => (
              <li key={slot.id}>
                <Button kind="free" className="w-full" onClick={() => onChoose(slot)}>
                  {formats.moment(slot.startsAt)}
                </Button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

/** Form to join the waiting list for chosen parts of the day. */
function JoinForm({ expertId, minutes, date, slots }: FullDayProps) {
  const text = useWords(waitingWords);
  const { errors } = useWords(appWords);
  const { zone } = useTimePreferences();
  const { viewer } = useViewer();
  const { pathname, search } = useLocation();
  const [join, isJoining] = useJoinWaitlist();
  const [isUnverified, setIsUnverified] = useState(false);
  const offered = partsOf(
    slots.map(({ startsAt }) => startsAt),
    date,
    zone,
  );
  const [left, setLeft] = useState<ReadonlySet<Part>>(new Set());
  const chosen = new Set(offered.filter((part) => !left.has(part)));

  function toggle(part: Part): void {
    const others = new Set(left);
    if (!others.delete(part)) others.add(part);
    setLeft(others);
  }

  async function joinAll(): Promise<void> {
    try {
      for (const window of windowsOf(date, zone, chosen)) {
        const answer = await join({ expertId, minutes, ...window });
        switch (answer?.__typename) {
          case "Wait":
            break;
          case "VerificationNeeded":
            setIsUnverified(true);
            return;
          case "TooMany":
            return void toastError(text.tooMany(answer.limit));
          case "TimeOpen":
            return void toastError(text.timeOpen);
          case "InvalidInput":
            return void toastError(answer.message);
          default:
            return void toastError(text.notOffered);
        }
      }
      void toast(text.joined);
    } catch {
      void toastError(errors.unexpected);
    }
  }

  return (
    <>
      <p className="text-muted">{text.fullBody}</p>
      {offered.length > 1 && (
        <fieldset className="grid gap-2">
          <legend className="mb-2 text-sm font-semibold">{text.when}</legend>
          <div className="grid grid-cols-2 gap-2">
            {offered.map((part) => (
              <label
                key={part}
                className="flex min-h-11 cursor-pointer items-center justify-center gap-2 rounded-control border border-line px-2 font-semibold has-checked:border-accent has-checked:bg-soft has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-accent"
              >
                <input
                  type="checkbox"
                  className="sr-only"
                  checked={chosen.has(part)}
                  onChange={() => toggle(part)}
                />
                {chosen.has(part) && <Icon name="check" className="size-4" />}
                {text.parts[part]}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      {isUnverified && (
        <p role="alert" className="rounded-md bg-held-bg p-3 text-held">
          {text.verify} <Link to="/account">{text.account}</Link>
        </p>
      )}
      {viewer ? (
        <Button
          kind="primary"
          isBusy={isJoining}
          disabled={chosen.size === 0}
          onClick={() => void joinAll()}
        >
          {text.join}
        </Button>
      ) : (
        <Link to={signInPath(pathname + search)} className={buttonClass("primary")}>
          {text.signIn}
        </Link>
      )}
      <p className="text-sm text-muted">{text.leaveAnyTime}</p>
    </>
  );
}

import { Link } from "react-router";

import { appWords } from "../app/words.ts";
import { holdPath } from "../holds/holdPath.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { CountdownRing } from "../ui/CountdownRing.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { useLeaveWaitlist, type Wait } from "./waits.ts";
import { ALL_PARTS, windowsOf } from "./windows.ts";
import { waitingWords } from "./words.ts";

/** A waiting-list entry: the wanted time, the number of people ahead, and the offered time. */
export function WaitingLine({ wait }: { wait: Wait }) {
  const text = useWords(waitingWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const [leave, isLeaving] = useLeaveWaitlist();
  const { offer, expert } = wait;
  const { zone } = useTimePreferences();
  const date = formats.dateOf(wait.from);
  const day = formats.day(date);
  const [whole] = windowsOf(date, zone, new Set(ALL_PARTS));
  const isAnyTime =
    Date.parse(wait.from) === Date.parse(whole?.from ?? "") &&
    Date.parse(wait.to) === Date.parse(whole?.to ?? "");

  async function leaveLine(): Promise<void> {
    try {
      await leave(wait.id);
      void toast(text.left);
    } catch {
      void toastError(errors.unexpected);
    }
  }

  return (
    <div className="grid gap-3" data-wait={wait.id}>
      <p className="first-letter:uppercase">
        {day},{" "}
        {isAnyTime ? text.anyTime : text.between(formats.time(wait.from), formats.time(wait.to))},{" "}
        {formats.minutes(wait.minutes)}
      </p>
      {offer ? (
        <div className="flex items-center gap-3">
          {offer.heldUntil && (
            <CountdownRing
              from={offer.createdAt}
              until={offer.heldUntil}
              label={text.offered(formats.moment(offer.startsAt))}
              className="size-12"
            />
          )}
          <p className="font-semibold text-accent">
            {text.offered(formats.moment(offer.startsAt))}
          </p>
        </div>
      ) : (
        <p className="font-semibold">{wait.ahead ? text.ahead(wait.ahead) : text.first}</p>
      )}
      <div className="flex flex-wrap gap-2">
        {offer && (
          <Link to={holdPath(offer, formats)} className={buttonClass("primary")}>
            {text.goOn}
          </Link>
        )}
        <Button
          isBusy={isLeaving}
          aria-label={text.leaveOf(expert.name, day)}
          onClick={() => void leaveLine()}
        >
          {text.leave}
        </Button>
      </div>
    </div>
  );
}

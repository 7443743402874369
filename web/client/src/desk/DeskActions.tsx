import { useState } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { type Refused, useMoves } from "../bookings/useMoves.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { AskStep, type AskedStep } from "./AskStep.tsx";
import { deskWords } from "./words.ts";

const STEPS = ["CONFIRM", "COMPLETE", "MARK_NO_SHOW", "CANCEL"] as const;

type DeskStep = (typeof STEPS)[number];

interface DeskActionsProps {
  booking: DeskBookingFragment;
  onMade(): void;
}

/** Buttons for the steps that the server allows the expert now, and the last refusal. */
export function DeskActions({ booking, onMade }: DeskActionsProps) {
  const text = useWords(deskWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const moves = useMoves(booking);
  const [asked, setAsked] = useState<AskedStep>();
  const [refused, setRefused] = useState<Refused | null>(null);
  const steps = STEPS.filter((step) => booking.viewerActions.includes(step));
  if (!steps.length && !refused && !asked) return null;

  async function make(step: DeskStep): Promise<Refused | null> {
    setRefused(null);
    try {
      const refused = await moves.make(step);
      if (refused) return refused;
      setAsked(undefined);
      void toast(text.done[step]);
      onMade();
    } catch {
      void toastError(errors.unexpected);
    }
    return null;
  }

  function label(step: DeskStep): string {
    return step === "CANCEL" && booking.status === "PENDING" ? text.decline : text.actions[step];
  }

  return (
    <div className="grid gap-3">
      {refused && (
        <p role="alert" className="rounded-md border border-danger bg-danger-bg p-3 text-danger">
          {refused.deadline ? text.tooLate(formats.moment(refused.deadline)) : text.notAllowed}
        </p>
      )}
      <div className="flex flex-wrap gap-2 md:justify-end">
        {steps.map((step) => (
          <Button
            key={step}
            kind={step === "CONFIRM" ? "primary" : "secondary"}
            aria-label={text.about(
              label(step),
              booking.contact?.name ?? "",
              formats.moment(booking.startsAt),
            )}
            isBusy={step === "CONFIRM" && moves.isBusy}
            onClick={() => (step === "CONFIRM" ? void make(step).then(setRefused) : setAsked(step))}
          >
            {step === "CONFIRM" && moves.isBusy && !asked ? text.busy : label(step)}
          </Button>
        ))}
      </div>
      {asked && (
        <AskStep
          booking={booking}
          step={asked}
          isBusy={moves.isBusy}
          onConfirm={() => make(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

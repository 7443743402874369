import { type ReactNode, useEffect, useId, useRef } from "react";

import type { HoursFragment } from "../api/gql/graphql.ts";
import { useText, useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { formats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { Button } from "../ui/Button.tsx";
import { UnsavedChangesDialog } from "./UnsavedChangesDialog.tsx";
import { OfferFields } from "./OfferFields.tsx";
import { ChangedHours } from "./ChangedHours.tsx";
import { BookingsOutsideHours } from "./BookingsOutsideHours.tsx";
import { OverrideFields } from "./OverrideFields.tsx";
import { RuleFields } from "./RuleFields.tsx";
import { useHours } from "./useHours.ts";
import { WeekFields } from "./WeekFields.tsx";
import { hoursWords } from "./words.ts";

/** Form for weekly hours, overrides, offers and rules, saved together. */
export function HoursEditor({ expert, isOwn }: { expert: HoursFragment; isOwn: boolean }) {
  const text = useWords(hoursWords);
  const hours = useHours(expert);
  const { draft, failure, isDirty, hasKept, edit } = hours;
  const problems = failure?.problems ?? {};
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (failure) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [failure]);

  /** Move the focus to the save button, because the button with the focus has disappeared. */
  function focusSave(): void {
    form.current?.querySelector<HTMLElement>("[type=submit]")?.focus();
  }

  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!hours.isSaving) void hours.save();
      }}
      className="grid gap-6"
    >
      <TimeZoneNote zone={expert.timeZone} />
      {hasKept && (
        <ChangedHours
          onApply={() => {
            hours.applyKept();
            focusSave();
          }}
          onDiscard={() => {
            hours.discardKept();
            focusSave();
          }}
        />
      )}
      {hours.outside.length > 0 && (
        <BookingsOutsideHours
          bookings={hours.outside}
          isOwn={isOwn}
          onClose={hours.dismissOutside}
        />
      )}
      <Section title={text.weekly} lead={text.weeklyLead}>
        <WeekFields week={draft.week} problems={problems} onChange={(week) => edit({ week })} />
      </Section>
      <Section title={text.overrides} lead={text.overridesLead}>
        {problems.overrides && (
          <p tabIndex={-1} aria-invalid className="text-xs text-danger">
            {problems.overrides}
          </p>
        )}
        <OverrideFields
          overrides={draft.overrides}
          today={hours.today}
          problems={problems}
          onChange={(overrides) => edit({ overrides })}
        />
      </Section>
      <Section title={text.offers} lead={text.offersLead}>
        <OfferFields
          offers={draft.offers}
          currency={expert.hourlyRate.currency}
          problems={problems}
          onChange={(offers) => edit({ offers })}
        />
      </Section>
      <Section title={text.rules}>
        <RuleFields rules={draft.rules} problems={problems} onChange={(rules) => edit({ rules })} />
      </Section>
      <div className="sticky bottom-0 -mx-4 flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line bg-bg px-4 py-3 md:-mx-6 md:px-6">
        <div>
          <p role="status" className={isDirty || hasKept ? "font-medium" : "text-muted"}>
            {isDirty || hasKept ? text.unsaved : text.allSaved}
          </p>
          <p role="alert" className="text-danger empty:hidden">
            {failure && (failure.isRefused ? text.refused : text.correct)}
          </p>
        </div>
        <div className="flex flex-wrap gap-3">
          {isDirty && <Button onClick={hours.reset}>{text.reset}</Button>}
          <Button type="submit" kind={isDirty ? "primary" : "secondary"} isBusy={hours.isSaving}>
            {hours.isSaving ? text.saving : text.save}
          </Button>
        </div>
      </div>
      <UnsavedChangesDialog isDirty={isDirty || hasKept} />
    </form>
  );
}

/** The calendar's time zone and the current time in it. */
function TimeZoneNote({ zone }: { zone: string }) {
  const text = useWords(hoursWords);
  const { locale } = useText();
  const { hourCycle } = useTimePreferences();
  const now = new Date(useNow(60_000)).toISOString();
  return (
    <p className="rounded-md border border-line bg-panel px-4 py-3 font-medium tabular-nums">
      {text.zone(zone.replaceAll("_", " "), formats(locale, { zone, hourCycle }).time(now))}
    </p>
  );
}

interface SectionProps {
  title: string;
  lead?: string;
  children: ReactNode;
}

function Section({ title, lead, children }: SectionProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="grid gap-4 card p-4 md:p-6 lg:grid-cols-[15rem_1fr] lg:gap-8"
    >
      <div className="grid content-start gap-1">
        <h2 id={id} className="text-lg">
          {title}
        </h2>
        {lead && <p className="text-pretty text-muted">{lead}</p>}
      </div>
      <div className="grid min-w-0 content-start gap-4">{children}</div>
    </section>
  );
}

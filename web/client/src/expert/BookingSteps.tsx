import { useMutation } from "@apollo/client/react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "react-router";

import { rememberCountry } from "../phone/country.ts";
import { loadPhones, readPhone, usePhones } from "../phone/phones.ts";
import { phoneWords } from "../phone/words.ts";
import type { Hold } from "../holds/holds.ts";
import { CodeForm } from "../session/CodeForm.tsx";
import { SIGN_IN_WITH_CODE } from "../session/codes.ts";
import {
  awaitedCode,
  type Draft,
  readDraft,
  removeDraft,
  saveAwaitedCode,
  saveDraft,
} from "../session/drafts.ts";
import { RequestProblem } from "../session/RequestProblem.tsx";
import { useCode } from "../session/useCode.ts";
import { UPDATE_PROFILE } from "../session/updateProfile.ts";
import { signInPath, useViewer, type Viewer } from "../session/Viewer.tsx";
import { sessionWords } from "../session/words.ts";
import { useWords } from "../text/text.tsx";
import { type Money, useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { Button } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { problemsByField } from "../ui/problems.ts";
import { BookingForm } from "./BookingForm.tsx";
import { missingDetails } from "./details.ts";
import { SameTime } from "./SameTime.tsx";
import { Steps } from "./Steps.tsx";
import { Summary, WhatNext } from "./Summary.tsx";
import type { BookedExpert, Reservation, Unavailable } from "./useReservation.ts";
import { stepWords } from "./stepWords.ts";

// Load the phone number library now, because it is needed as soon as a number is typed.
void loadPhones();

interface BookingStepsProps {
  expert: BookedExpert;
  hold: Hold;
  reservation: Reservation;
  /** Whether the hold has expired, or the slot is no longer held for the viewer. */
  isLost: boolean;
  /** Message that the slot was lost, with alternative slots; undefined while the slot is held. */
  notice: ReactNode;
  /** Whether the URL selects the step that asks for the e-mailed code. */
  isCode: boolean;
  onUnavailable: (unavailable: Unavailable | null) => void;
  onReserved: (bookingId: string) => void;
  /** Show the step that asks for the e-mailed code. */
  onCode: () => void;
  /** Return to the previous step. */
  onBack: () => void;
  onRelease: () => void;
}

/**
 * The steps from a held slot to a booking: the details and, for an unverified e-mail address, a
 * code.
 */
export default function BookingSteps(props: BookingStepsProps) {
  const { expert, hold, reservation, isLost, notice, isCode, onUnavailable, onReserved } = props;
  const { onCode, onBack, onRelease } = props;
  const text = useWords(stepWords);
  const session = useWords(sessionWords);
  const phoneProblems = useWords(phoneWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const { viewer, personId, continuedAs } = useViewer();
  const [edited, setEdited] = useState<Draft>();
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [warning, setWarning] = useState<string>();
  // After a `PriceChanged` refusal, the new price is shown, and the client accepts it by booking
  // again.
  const [newPrice, setNewPrice] = useState<Money>();
  const [needsCode, setNeedsCode] = useState(false);
  const [signIn] = useMutation(SIGN_IN_WITH_CODE);
  const [updateProfile] = useMutation(UPDATE_PROFILE);

  const details = edited ??
    readDraft(personId, hold) ?? {
      name: viewer?.name ?? "",
      email: viewer?.email ?? "",
      phone: viewer?.phone ?? "",
      country: undefined,
      note: "",
    };

  const price = newPrice ?? hold.price;
  const hasCode = viewer ? needsCode : true;
  // Continue to wait for a code that was sent before a reload: phones may unload the page while the
  // user looks for the e-mail.
  const awaitedFrom = viewer ? undefined : awaitedCode(personId, hold);
  const code = useCode(submitCode, { awaitedFrom });
  useEffect(() => {
    if (edited) saveDraft(personId, hold, edited);
    saveAwaitedCode(personId, hold, code.sentTo);
  }, [edited, personId, hold, code.sentTo]);

  async function submitCode(digits: string, email: string) {
    const input = { email, code: digits, name: details.name, timeZone: zone };
    const { data } = await signIn({ variables: { input } });
    const answer = data?.signInWithCode;
    if (answer?.__typename === "InvalidInput") {
      setProblems(contactProblems(answer.fields));
      return "change";
    }
    if (answer?.__typename !== "SignedIn") return answer;
    const isBooked = await book(await continuedAs(answer.expiresAt));
    return isBooked ? null : "change";
  }

  /** Map validation errors of account fields to the fields of the booking form. */
  function contactProblems(fields: readonly { field: string; message: string }[]) {
    const contact = fields.map(({ field, message }) => ({ field: `contact.${field}`, message }));
    return problemsByField(contact, text.problem);
  }

  /**
   * Book the held slot, and return whether that succeeded. After a failure, the page shows the
   * reason.
   */
  async function book(account: Viewer | null | undefined = viewer): Promise<boolean> {
    const { name, email, note, country } = details;
    const phone = (await readPhone(details.phone, country)).number;
    setProblems({});
    setWarning(undefined);
    onUnavailable(null);
    try {
      const outcome = await reservation.book({
        slotId: hold.slot.id,
        // The server needs the price if the hold has just ended, because only an active hold keeps
        // its price.
        expectedPrice: { amount: price.amount, currency: price.currency },
        contact: { name, email, phone, timeZone: zone },
        note,
      });
      switch (outcome.kind) {
        case "reserved":
          removeDraft(personId, hold);
          if (account) removeDraft(account.id, hold);
          if (account && account.phone !== phone) rememberPhone(phone);
          if (country) rememberCountry(country);
          onReserved(outcome.bookingId);
          return true;
        case "problems":
          setProblems(problemsByField(outcome.problems, text.problem));
          break;
        case "unavailable":
          onUnavailable(outcome.unavailable);
          break;
        case "tooMany":
          setWarning(text.tooManyBookings(outcome.limit));
          break;
        case "priceChanged":
          setNewPrice(outcome.price);
          setWarning(text.priceChanged(formats.price(outcome.price)));
          break;
        case "verificationNeeded":
          setNeedsCode(true);
          await sendCode(viewer?.email ?? details.email);
      }
    } catch {
      setWarning(navigator.onLine ? text.notBooked : text.notBookedOffline);
    }
    return false;
  }

  /** Store the phone number for the next booking; a failure does not affect this booking. */
  function rememberPhone(phone: string): void {
    updateProfile({ variables: { input: { phone } } }).catch(() => undefined);
  }

  async function sendCode(email: string): Promise<void> {
    if (!(await code.request(email))) return;
    onCode();
    await reservation.refresh().catch(() => undefined);
  }

  async function submit(): Promise<void> {
    const phone = await readPhone(details.phone, details.country);
    const words = { ...session, phoneProblems: phoneProblems.problems };
    const missing = missingDetails(details, phone, words);
    setProblems(missing);
    if (Object.keys(missing).length) return;
    if (viewer) await book();
    else await sendCode(details.email.trim());
  }

  const isAtCode = isCode && code.sentTo !== undefined;
  const label = text.bookFor(formats.price(price));
  const shownWarning = warning && (
    <p role="alert" className="rounded-md bg-held-bg px-4 py-3 font-medium text-held">
      {warning}
    </p>
  );
  const alerts = (
    <>
      {notice}
      <SameTime hold={hold} expertId={expert.id} />
    </>
  );
  return (
    <div className="grid gap-8 py-4 md:py-8 lg:grid-cols-[minmax(0,1fr)_26rem] lg:gap-16">
      <section
        aria-labelledby="step"
        className={`content-start gap-6 ${isAtCode ? "grid" : "contents lg:grid"}`}
      >
        <div className="grid justify-items-start gap-4 max-lg:order-first">
          <button
            type="button"
            onClick={onBack}
            className="inline-flex min-h-8 items-center gap-2 text-sm text-muted hover:text-text pointer-coarse:min-h-11"
          >
            <Icon name="chevronLeft" className="size-4" />
            {isAtCode ? text.backToDetails : text.back}
          </button>
          <Steps current={isAtCode ? "code" : "details"} hasCode={hasCode} />
          <StepHeading key={String(isAtCode)} title={isAtCode ? session.checkMail : text.form} />
          <Lead sentTo={isAtCode ? code.sentTo : undefined} isGuest={viewer === null} />
        </div>
        {isAtCode ? (
          <>
            {alerts}
            {shownWarning}
            <Person details={details} onChange={onBack} />
            <CodeForm
              code={code}
              submitLabel={label}
              busyLabel={text.booking}
              hint={text.booksItself}
            />
          </>
        ) : (
          <div className="grid content-start gap-6 max-lg:order-last">
            {alerts}
            <RequestProblem code={code} />
            <BookingForm
              details={details}
              problems={problems}
              isBusy={reservation.isBusy || code.isBusy}
              submitLabel={viewer ? label : session.sendCode}
              busyLabel={viewer ? text.booking : session.sendingCode}
              expertName={expert.name}
              onChange={setEdited}
              onSubmit={() => void submit()}
              terms={
                <>
                  <div className="lg:hidden">
                    <WhatNext expert={expert} />
                  </div>
                  {shownWarning}
                </>
              }
            >
              <Button kind="plain" onClick={onRelease}>
                {text.release}
              </Button>
            </BookingForm>
          </div>
        )}
      </section>
      <Summary hold={hold} price={price} isLost={isLost} expert={expert} isAtForm={!isAtCode} />
    </div>
  );
}

function StepHeading({ title }: { title: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    window.scrollTo(0, 0);
    heading.current?.focus();
  }, []);
  return (
    <h1 id="step" ref={heading} tabIndex={-1} className="text-2xl outline-none">
      {title}
    </h1>
  );
}

function Lead({ sentTo, isGuest }: { sentTo: string | undefined; isGuest: boolean }) {
  const text = useWords(stepWords);
  const session = useWords(sessionWords);
  const { pathname, search } = useLocation();
  if (sentTo) return <p className="max-w-prose text-base text-muted">{session.codeSent(sentTo)}</p>;
  if (!isGuest) return null;
  return (
    <p className="max-w-prose text-base text-muted">
      {text.noAccount}{" "}
      <Link to={signInPath(pathname + search)} className="font-semibold">
        {text.signInInstead}
      </Link>
    </p>
  );
}

function Person({ details, onChange }: { details: Draft; onChange: () => void }) {
  const session = useWords(sessionWords);
  const found = usePhones()?.parse(details.phone, details.country);
  const phone = found ? `${found.code} ${found.local}` : details.phone;
  return (
    <div className="card flex items-center gap-4 rounded-md px-5 py-4">
      <div className="min-w-0 flex-1">
        <p className="font-semibold wrap-anywhere">{details.name}</p>
        <p className="text-sm text-muted wrap-anywhere">
          {details.email}, {phone}
        </p>
      </div>
      <Button kind="plain" className="px-1!" onClick={onChange}>
        {session.change}
      </Button>
    </div>
  );
}

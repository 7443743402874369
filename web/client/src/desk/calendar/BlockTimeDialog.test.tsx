import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { type Observable, of, Subject, throwError } from "rxjs";
import { toast } from "sonner";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { createCache } from "../../api/cache.ts";
import { TextProvider } from "../../text/text.tsx";
import { chooseTheme } from "../../ui/theme.ts";
import { Toasts } from "../../ui/toast.tsx";
import { BlockTimeDialog } from "./BlockTimeDialog.tsx";

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });

const onClose = vi.fn();

beforeEach(() => {
  // jsdom lacks modal dialogs and `matchMedia`. Once a theme is chosen, `matchMedia` is not called.
  chooseTheme("light");
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
    this.querySelector<HTMLElement>("a, button, input")?.focus();
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});
afterEach(() => {
  cleanup();
  toast.dismiss();
  vi.clearAllMocks();
});

const THURSDAY = "2026-11-26";

const EXPERT = {
  ...{ __typename: "Expert", id: "e", name: "Elsa", slug: "elsa", timeZone: "Asia/Tokyo" },
  hourlyRate: { __typename: "Money", amount: 9_600, currency: "EUR", decimals: 2 },
  offers: [],
  availability: {
    __typename: "Availability",
    version: 1,
    weekly: [{ __typename: "WeeklyHours", weekday: "THURSDAY", from: "09:00", to: "17:00" }],
    overrides: [],
    ...{ stepMinutes: 30, breakMinutes: 0, minimumNoticeMinutes: 0, horizonDays: 60 },
    ...{ cancellationNoticeMinutes: 0, confirmsAutomatically: true },
  },
};

function booking(name: string, startsAt: string) {
  return {
    ...{ __typename: "Booking", id: name, reference: name, status: "CONFIRMED", sequence: 1 },
    ...{ startsAt, minutes: 60 },
    contact: { __typename: "Contact", name, email: "client@example.com" },
  };
}

type Answer = Observable<ApolloLink.Result>;

const saved = (...outside: ReturnType<typeof booking>[]): Answer =>
  of({ data: { setAvailability: { __typename: "AvailabilitySet", expert: EXPERT, outside } } });

/** Show the dialog with a fake server that returns `answers`; return the overrides sent to it. */
function show(...answers: Answer[]): unknown[] {
  const sent: unknown[] = [];
  const link = new ApolloLink(({ operationName, variables }) => {
    if (operationName === "ExpertHours") return of({ data: { expert: EXPERT } });
    sent.push((variables.input as { overrides: unknown }).overrides);
    return answers.shift()!;
  });
  const client = new ApolloClient({ cache: createCache(), link });
  render(
    <ApolloProvider client={client}>
      <TextProvider>
        <MemoryRouter>
          <BlockTimeDialog expertId="e" date={THURSDAY} zone="Asia/Tokyo" onClose={onClose} />
        </MemoryRouter>
        <Toasts />
      </TextProvider>
    </ApolloProvider>,
  );
  return sent;
}

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

function fill(label: string, value: string): void {
  fireEvent.change(field(label), { target: { value } });
}

/** Press the button "Block" as soon as the dialog is not busy. */
async function block(): Promise<void> {
  fireEvent.click(await screen.findByRole("button", { name: "Block" }));
}

/** Dispatch the event that a browser dispatches when Escape is pressed. */
function escape(): void {
  fireEvent(screen.getByRole("dialog"), new Event("cancel", { cancelable: true }));
}

test("a whole day is blocked, and the dialog closes", async () => {
  const sent = show(saved());
  await block();
  await screen.findByText(/^The time is blocked/);
  expect(sent).toEqual([[{ date: THURSDAY, hours: [] }]]);
  expect(onClose).toHaveBeenCalledOnce();
});

test("the same hours are blocked on each of several days, even until midnight", async () => {
  const sent = show(saved(), saved());
  fill("To day", "2026-12-03");
  fireEvent.click(field("The whole day"));
  await block();
  const hours = [
    { from: "09:00", to: "12:00" },
    { from: "13:00", to: "17:00" },
  ];
  await waitFor(() => expect(onClose).toHaveBeenCalledTimes(1));
  expect(sent).toEqual([
    [
      { date: THURSDAY, hours },
      { date: "2026-12-03", hours },
    ],
  ]);
  fill("To day", THURSDAY);
  fill("From", "15:00");
  fill("To", "00:00");
  await block();
  await waitFor(() => expect(onClose).toHaveBeenCalledTimes(2));
  expect(sent.at(-1)).toEqual([{ date: THURSDAY, hours: [{ from: "09:00", to: "15:00" }] }]);
});

test("choosing a later first day also moves the last day; an earlier one does not", () => {
  show();
  fill("From day", "2026-12-10");
  expect(field("To day").value).toBe("2026-12-10");
  fill("From day", "2026-12-03");
  expect(field("To day").value).toBe("2026-12-10");
});

test.each([
  ["To day", "2026-11-25", "The last day is before the first."],
  ["To day", "2027-11-27", "At most a year at a time."],
  ["To day", "", "Choose a day."],
  ["From day", "", "Choose a day."],
  ["To day", "20266-11-26", "Choose a day."],
  ["To", "12:00", "The end must be after the beginning."],
  ["From", "", "Enter a time."],
])("an invalid field is explained and gets the focus: %s %s", async (label, value, why) => {
  const sent = show(saved());
  fireEvent.click(field("The whole day"));
  fill(label, value);
  await block();
  await screen.findByText(why);
  expect(document.activeElement).toBe(field(label));
  expect(sent).toEqual([]);
});

test("time outside the expert's hours is not blocked, and a message says why", async () => {
  const sent = show(saved());
  fill("From day", "2026-11-27");
  await block();
  await screen.findByText("You have no hours then, so nobody can book anyway.");
  expect(document.activeElement).toBe(field("From day"));
  expect(sent).toEqual([]);
  expect(onClose).not.toHaveBeenCalled();
});

test("sessions on the blocked day in the expert's time zone are listed and focused", async () => {
  show(
    saved(
      booking("Before", "2026-11-25T14:00:00Z"),
      booking("Ada", "2026-11-25T15:00:00Z"),
      booking("After", "2026-11-26T15:00:00Z"),
    ),
  );
  await block();
  const dialog = await screen.findByRole("dialog", { name: "These sessions remain" });
  const links = screen.getAllByRole("link");
  expect(links.map(({ textContent }) => textContent)).toEqual(["Ada"]);
  expect(links[0]!.getAttribute("href")).toBe("/desk?booking=Ada");
  expect(dialog.contains(document.activeElement)).toBe(true);
  expect(onClose).not.toHaveBeenCalled();
  press("Close");
  expect(onClose).toHaveBeenCalledOnce();
});

test("a refusal is explained, and the form can be sent again after a failure", async () => {
  const fields = [{ __typename: "FieldProblem", field: "overrides", message: "Too many days." }];
  show(
    of({ data: { setAvailability: { __typename: "InvalidInput", message: "invalid", fields } } }),
    throwError(() => new TypeError("Failed to fetch")),
    saved(),
  );
  await block();
  await screen.findByText("Too many days.");
  await block();
  await screen.findByText("That did not work. Please try again.");
  expect(onClose).not.toHaveBeenCalled();
  await block();
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
});

test("Escape closes the dialog, but not while the time is being blocked", async () => {
  const answer = new Subject<ApolloLink.Result>();
  const sent = show(answer);
  await block();
  await waitFor(() => expect(sent).toHaveLength(1));
  escape();
  press("Cancel");
  press("Blocking …");
  expect(onClose).not.toHaveBeenCalled();
  answer.next({
    data: { setAvailability: { __typename: "NotAllowed", message: "not allowed" } },
  });
  answer.complete();
  await screen.findByRole("button", { name: "Block" });
  escape();
  expect(onClose).toHaveBeenCalledOnce();
  expect(sent).toHaveLength(1);
});

import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { EditedExpertFragment } from "../api/gql/graphql.ts";
import { TextProvider } from "../text/text.tsx";
import { Field } from "../ui/Field.tsx";
import { useProfileForm } from "./useProfileForm.ts";

const EXPERT = {
  name: "Ada",
  title: "Programmer",
  bio: "",
  category: "TECHNOLOGY",
  experienceYears: 7,
  languages: ["English"],
  timeZone: "Europe/London",
  hourlyRate: { amount: 12_000, currency: "EUR", decimals: 2 },
} as unknown as EditedExpertFragment;

const WORDS = {
  noPrice: "no price",
  highPrice: "high price",
  noNumber: "no number",
  nothing: "nothing",
  problem: (message: string) => `translated: ${message}`,
};

type Update = Parameters<typeof useProfileForm>[1]["update"];

function Form({ update }: { update: Update }) {
  const { form, profile, problems, refusal, edit, submit } = useProfileForm(EXPERT, {
    words: WORDS,
    saved: (name) => name,
    update,
  });
  return (
    <form ref={form} onSubmit={submit}>
      <Field
        label="Title"
        value={profile.title}
        problem={problems?.title}
        onChange={({ target }) => edit({ ...profile, title: target.value })}
      />
      <Field
        label="Years"
        value={profile.experienceYears}
        problem={problems?.experienceYears}
        onChange={({ target }) => edit({ ...profile, experienceYears: target.value })}
      />
      <p role="alert">{refusal}</p>
      <button type="submit">Save</button>
    </form>
  );
}

/** Show the form, type into a field, and save. */
function fillIn(label: string, value: string, update: Update): void {
  render(
    <TextProvider>
      <Form update={update} />
    </TextProvider>,
  );
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
  fireEvent.click(screen.getByText("Save"));
}

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });
afterEach(cleanup);

test("only changed fields are sent", async () => {
  const update = vi.fn<Update>(() => Promise.resolve({ __typename: "Expert", name: "Ada" }));
  fillIn("Title", "Analyst", update);
  await waitFor(() => expect(update.mock.calls).toEqual([[{ title: "Analyst" }]]));
});

test("an invalid field gets the focus, and nothing is sent", () => {
  const update = vi.fn();
  fillIn("Years", "many", update);
  expect(document.activeElement).toBe(screen.getByLabelText("Years"));
  expect(screen.getByText("no number")).toBeTruthy();
  expect(update).not.toHaveBeenCalled();
});

test("the server's problem is translated, and its field gets the focus", async () => {
  const fields = [{ field: "title", message: "too long" }];
  fillIn("Title", "x", () => Promise.resolve({ __typename: "InvalidInput", fields }));
  await screen.findByText("translated: too long");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Title")));
  expect(screen.getByLabelText<HTMLInputElement>("Title").value).toBe("x");
});

test("a refusal of the whole change is shown", async () => {
  fillIn("Title", "x", () => Promise.resolve({ __typename: "NotAllowed", message: "no" }));
  await screen.findByText("translated: no");
});

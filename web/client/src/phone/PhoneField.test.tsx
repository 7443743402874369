import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";

import { TextProvider } from "../text/text.tsx";
import { PhoneField, type TypedPhone } from "./PhoneField.tsx";

configure({ asyncUtilTimeout: 60_000 });
afterEach(() => {
  cleanup();
  localStorage.clear();
});

const onChange = vi.fn();

function Form({ initial }: { initial: TypedPhone }) {
  const [value, setValue] = useState(initial);
  onChange.mockImplementation(setValue);
  return <PhoneField label="Phone" {...value} onChange={onChange} />;
}

/** Render the field with the given number, and wait until its countries have loaded. */
async function show(phone = "", country: string | null = "DE") {
  render(
    <TextProvider>
      <Form initial={{ phone, country: country ?? undefined }} />
    </TextProvider>,
  );
  const chooser = await screen.findByRole<HTMLSelectElement>("combobox", { name: "Country code" });
  return { chooser, input: screen.getByLabelText<HTMLInputElement>("Phone") };
}

test("a stored number is shown beside its country code", async () => {
  const { chooser, input } = await show("+442079460018");
  await expect.poll(() => [chooser.value, input.value]).toEqual(["GB", "20 7946 0018"]);
});

test("a number of the chosen country stays as the user typed it", async () => {
  const { chooser, input } = await show();
  fireEvent.change(input, { target: { value: "030 901820" } });
  fireEvent.blur(input);
  expect([chooser.value, input.value]).toEqual(["DE", "030 901820"]);
  expect(onChange).toHaveBeenLastCalledWith({ phone: "030 901820", country: "DE" });
});

test("a typed country code selects the country, and is removed on blur", async () => {
  const { chooser, input } = await show();
  fireEvent.change(input, { target: { value: "+33 6 39 98 01 04" } });
  expect([chooser.value, input.value]).toEqual(["FR", "+33 6 39 98 01 04"]);
  fireEvent.blur(input);
  expect([chooser.value, input.value]).toEqual(["FR", "6 39 98 01 04"]);
});

test("choosing another country keeps the number, and the country is remembered", async () => {
  const { chooser, input } = await show("1 234567");
  fireEvent.change(chooser, { target: { value: "AT" } });
  expect(input.value).toBe("1 234567");
  expect(onChange).toHaveBeenLastCalledWith({ phone: "1 234567", country: "AT" });
  cleanup();
  const again = await show("", null);
  expect(again.chooser.value).toBe("AT");
});

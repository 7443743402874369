import { useSearchParams } from "react-router";

import { useDebouncedText } from "../directory/useDebouncedText.ts";
import { Field } from "../ui/Field.tsx";

/** Search field bound to the URL parameter `search`; a new search starts at the first page. */
export function SearchBox({ label, hint }: { label: string; hint: string }) {
  const [parameters, setParameters] = useSearchParams();
  const typed = useDebouncedText(parameters.get("search") ?? "", setSearch);

  function setSearch(search: string): void {
    const changed = new URLSearchParams(parameters);
    for (const name of ["search", "after", "before"]) changed.delete(name);
    if (search.trim()) changed.set("search", search);
    setParameters(changed, { replace: true });
  }

  return (
    <form
      role="search"
      className="min-w-full flex-1 sm:min-w-64"
      onSubmit={(event) => {
        event.preventDefault();
        setSearch(typed.flush());
      }}
    >
      <Field
        label={label}
        type="search"
        placeholder={hint}
        autoComplete="off"
        maxLength={100}
        value={typed.text}
        onChange={(event) => typed.setText(event.target.value)}
      />
    </form>
  );
}

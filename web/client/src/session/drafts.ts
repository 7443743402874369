/** Input of a person who is booking, kept in this tab until the session is booked. */
export interface Draft {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly note: string;
}

interface StoredDraft extends Draft {
  /** The person who typed it: an account or a guest. */
  readonly personId: string;
  readonly expertId: string;
  /** End of the hold that it was typed for. */
  readonly heldUntil: string | null;
  /** Address that a code was mailed to, while it is awaited. */
  readonly codeSentTo?: string | undefined;
}

const STORAGE_KEY = "expertbook.draft";
const SIGNED_OUT_KEY = "expertbook.signed-out-at";

// Somebody has signed out in another tab.
window.addEventListener("storage", ({ key }) => {
  if (key === SIGNED_OUT_KEY) clearDrafts();
});

/** Return a person's draft for an expert. */
export function readDraft(personId: string | undefined, expertId: string): Draft | undefined {
  const draft = read();
  if (draft?.personId !== personId || draft?.expertId !== expertId) return undefined;
  const { name, email, phone, note } = draft;
  return { name, email, phone, note };
}

/** Return until when somebody who is not signed in any more holds a slot of an expert here. */
export function interruptedHold(expertId: string, now: number): string | undefined {
  const draft = read();
  const until = draft?.expertId === expertId ? draft.heldUntil : undefined;
  return until && Date.parse(until) > now ? until : undefined;
}

/** Keep a person's draft, in place of an earlier one. */
export function saveDraft(
  personId: string | undefined,
  expertId: string,
  heldUntil: string | null,
  draft: Draft,
): void {
  if (!personId) return;
  const { name, email, phone, note } = draft;
  write({ personId, expertId, heldUntil, name, email, phone, note });
}

/** Return the address whose code was awaited for a hold before the page was loaded again. */
export function awaitedCode(
  personId: string | undefined,
  expertId: string,
  heldUntil: string | null,
): string | undefined {
  const draft = read();
  const isSame =
    draft?.personId === personId && draft?.expertId === expertId && draft.heldUntil === heldUntil;
  return isSame ? draft.codeSentTo : undefined;
}

/** Keep with a person's draft that a code is awaited, or that none is. */
export function saveAwaitedCode(
  personId: string | undefined,
  expertId: string,
  heldUntil: string | null,
  codeSentTo: string | undefined,
): void {
  const draft = read();
  if (draft?.personId !== personId || draft?.expertId !== expertId) return;
  write({ ...draft, heldUntil, codeSentTo });
}

/** Hand a guest's draft to the account that the guest has signed in to. */
export function adoptDrafts(
  guestId: string,
  account: { readonly id: string; readonly email: string },
): void {
  const draft = read();
  if (draft?.personId !== guestId) return;
  write({ ...draft, personId: account.id, email: account.email });
}

/** Forget what was typed in all tabs: its person has signed out. */
export function clearAllDrafts(): void {
  clearDrafts();
  localStorage.setItem(SIGNED_OUT_KEY, String(Date.now()));
}

/** Forget what was typed here: it is booked. */
export function clearDrafts(): void {
  try {
    sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // Storage is denied.
  }
}

function read(): StoredDraft | undefined {
  try {
    const stored = sessionStorage.getItem(STORAGE_KEY);
    return stored ? (JSON.parse(stored) as StoredDraft) : undefined;
  } catch {
    return undefined;
  }
}

function write(draft: StoredDraft): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(draft));
  } catch {
    // Storage is denied or full: the draft does not outlive the page.
  }
}

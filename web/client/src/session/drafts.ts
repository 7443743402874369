import { localStore, sessionStore } from "../app/storage.ts";

/** Input of a person who is booking, kept in this tab until the session is booked. */
export interface Draft {
  readonly name: string;
  readonly email: string;
  /** Phone number as typed. */
  readonly phone: string;
  /** Country (ISO 3166) of a phone number without a country code; undefined until it is chosen. */
  readonly country: string | undefined;
  readonly note: string;
}

/** The fields of a hold that drafts depend on. */
interface DraftedHold {
  readonly id: string;
  readonly heldUntil: string | null;
  readonly expert: { readonly id: string };
}

interface StoredDraft extends Draft {
  /** Id of the account or guest that typed the draft. */
  readonly personId: string;
  readonly expertId: string;
  readonly holdId: string;
  readonly heldUntil: string | null;
  /** Instant in milliseconds. */
  readonly savedAt: number;
  /**
   * E-mail address to which a sign-in code was sent, while the user has yet to enter the code;
   * otherwise undefined.
   */
  readonly codeSentTo?: string | undefined;
}

const STORAGE_KEY = "expertbook.drafts";
const SIGNED_OUT_KEY = "expertbook.signed-out-at";

// A change of this storage key means that somebody has signed out in another tab.
window.addEventListener("storage", ({ key }) => {
  if (key === SIGNED_OUT_KEY) clearDrafts();
});

/**
 * Return a person's draft for a hold.
 *
 * A hold that replaces another one with the same expert takes over its draft.
 */
export function readDraft(personId: string | undefined, hold: DraftedHold): Draft | undefined {
  const found = find(personId, hold);
  if (!found) return undefined;
  const { name, email, phone, country, note } = found;
  return { name, email, phone, country, note };
}

/**
 * Return the end of a hold with an expert, as noted in a draft; used after the user's sign-in has
 * expired.
 */
export function interruptedHold(expertId: string, now: number): string | undefined {
  const draft = read().find((each) => each.expertId === expertId);
  const until = draft?.heldUntil;
  return until && Date.parse(until) > now ? until : undefined;
}

/** Store a person's draft for a hold, replacing an earlier draft. */
export function saveDraft(personId: string | undefined, hold: DraftedHold, draft: Draft): void {
  if (!personId) return;
  const { name, email, phone, country, note } = draft;
  put({
    ...{ personId, expertId: hold.expert.id, holdId: hold.id, heldUntil: hold.heldUntil },
    ...{ savedAt: Date.now(), name, email, phone, country, note },
  });
}

/** Return the e-mail address to which a hold's sign-in code was sent before a page reload. */
export function awaitedCode(personId: string | undefined, hold: DraftedHold): string | undefined {
  const found = find(personId, hold);
  return found?.holdId === hold.id ? found.codeSentTo : undefined;
}

/**
 * Store in a person's draft the e-mail address to which a sign-in code was sent; if `codeSentTo` is
 * undefined, remove the stored address.
 */
export function saveAwaitedCode(
  personId: string | undefined,
  hold: DraftedHold,
  codeSentTo: string | undefined,
): void {
  const found = find(personId, hold);
  if (found) put({ ...found, holdId: hold.id, heldUntil: hold.heldUntil, codeSentTo });
}

/** Hand a guest's drafts to the account that the guest has signed in to. */
export function adoptDrafts(
  guestId: string,
  account: { readonly id: string; readonly email: string },
): void {
  for (const draft of read()) {
    if (draft.personId !== guestId) continue;
    remove(draft);
    put({ ...draft, personId: account.id, email: account.email });
  }
}

/** Delete a person's draft for a hold that has been booked. */
export function removeDraft(personId: string | undefined, hold: DraftedHold): void {
  const found = find(personId, hold);
  if (found) remove(found);
}

/** Delete the drafts of all tabs after a person has signed out. */
export function clearAllDrafts(): void {
  clearDrafts();
  localStore.setItem(SIGNED_OUT_KEY, String(Date.now()));
}

/** Delete the drafts of this tab. */
export function clearDrafts(): void {
  sessionStore.removeItem(STORAGE_KEY);
}

function find(personId: string | undefined, { expert }: DraftedHold): StoredDraft | undefined {
  return read().find((draft) => draft.personId === personId && draft.expertId === expert.id);
}

function put(draft: StoredDraft): void {
  write([...read().filter((each) => !isSame(each, draft)), draft]);
}

function remove(draft: StoredDraft): void {
  write(read().filter((each) => !isSame(each, draft)));
}

function isSame(one: StoredDraft, other: StoredDraft): boolean {
  return one.personId === other.personId && one.expertId === other.expertId;
}

/**
 * Return this tab's drafts, without drafts older than the last sign-out: the tab may have been
 * asleep then, and so may not have deleted them.
 */
function read(): StoredDraft[] {
  try {
    const stored = sessionStore.getItem(STORAGE_KEY);
    if (!stored) return [];
    const signedOutAt = Number(localStore.getItem(SIGNED_OUT_KEY) ?? 0);
    return (JSON.parse(stored) as StoredDraft[]).filter(({ savedAt }) => savedAt > signedOutAt);
  } catch {
    return [];
  }
}

function write(drafts: StoredDraft[]): void {
  sessionStore.setItem(STORAGE_KEY, JSON.stringify(drafts));
}

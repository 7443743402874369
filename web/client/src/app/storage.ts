/** The methods of the browser's `Storage` that the client uses. */
type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The browser's local storage; if it is denied, values last until the page is closed. */
export const localStore = storeOf(() => window.localStorage);

/** The browser's storage for this tab; if it is denied, values last until the page is closed. */
export const sessionStore = storeOf(() => window.sessionStorage);

function storeOf(open: () => Storage): Store {
  const kept = new Map<string, string>();
  // Reading `window.localStorage` throws an error if storage is denied; writing to it throws an
  // error if the storage is full.
  function attempt<T>(work: (storage: Storage) => T, otherwise: T): T {
    try {
      return work(open());
    } catch {
      return otherwise;
    }
  }
  return {
    getItem: (key) => kept.get(key) ?? attempt((storage) => storage.getItem(key), null),
    setItem(key, value) {
      const isStored = attempt((storage) => (storage.setItem(key, value), true), false);
      if (isStored) kept.delete(key);
      else kept.set(key, value);
    },
    removeItem(key) {
      kept.delete(key);
      attempt((storage) => storage.removeItem(key), undefined);
    },
  };
}

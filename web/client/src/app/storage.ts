/** The part of a storage that the client uses. */
type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The browser's storage on this device; if it is denied, values last as long as the page. */
export const localStore = storeOf(() => window.localStorage);

/** The browser's storage for this tab; if it is denied, values last as long as the page. */
export const sessionStore = storeOf(() => window.sessionStorage);

function storeOf(open: () => Storage): Store {
  const kept = new Map<string, string>();
  // Reading `window.localStorage` throws if storage is denied, and writing if it is full.
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

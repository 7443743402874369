/** Return the given data unchanged; replaces Apollo Client's hook in the early scripts. */
export function useFragment<T>({ from }: { from: T }): { data: T; complete: true } {
  return { data: from, complete: true };
}

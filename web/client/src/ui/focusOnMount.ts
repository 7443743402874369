/** Reference that moves the focus to an element once it is shown. */
export function focusOnMount(element: HTMLElement | null): void {
  element?.focus();
}

/** Ref callback that moves the focus to an element when it is shown. */
export function focusOnMount(element: HTMLElement | null): void {
  element?.focus();
}

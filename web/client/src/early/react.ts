/**
 * A small replacement for `react` in the early scripts, which renders components to HTML once.
 *
 * These scripts show a page's data before React has loaded: see `earlyPages.ts`. State keeps its
 * initial value, effects do not run, and event handlers are left out.
 */

/** An element, or another value that can be rendered. */
export type Node = Element | string | number | boolean | null | undefined | readonly Node[];

interface Props {
  readonly children?: Node;
  readonly [name: string]: unknown;
}

interface Element {
  readonly type: string | Context<unknown> | ((props: Props) => Node);
  readonly props: Props;
}

interface Context<T> {
  value: T;
}

export const Fragment = ({ children }: Props): Node => children;

export function jsx(type: Element["type"], props: Props): Element {
  return { type, props };
}

export const jsxs = jsx;

export function createContext<T>(value: T): Context<T> {
  return { value };
}

export function use<T>(context: Context<T>): T {
  return context.value;
}

export function useState<T>(initial: T | (() => T)): [T, () => void] {
  return [typeof initial === "function" ? (initial as () => T)() : initial, () => undefined];
}

export function useMemo<T>(make: () => T): T {
  return make();
}

export function useRef<T>(current: T): { current: T } {
  return { current };
}

export function useDeferredValue<T>(value: T, initial: T = value): T {
  return initial;
}

export function useSyncExternalStore<T>(_subscribe: unknown, getSnapshot: () => T): T {
  return getSnapshot();
}

export function useEffect(): void {
  // Effects do not run, because nothing is mounted.
}

export const useLayoutEffect = useEffect;

let ids = 0;

export function useId(): string {
  ids += 1;
  return `early-${ids}`;
}

const NAMES: Readonly<Record<string, string>> = {
  className: "class",
  htmlFor: "for",
};
/** SVG attributes with case-sensitive names. */
const AS_WRITTEN = new Set(["viewBox", "pathLength"]);
const VOID = new Set(["br", "circle", "img", "input", "path", "rect"]);
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Return the HTML that React's first render would produce for an element. */
export function render(node: Node): string {
  if (node === null || node === undefined || typeof node === "boolean") return "";
  if (typeof node === "string" || typeof node === "number") return escape(String(node));
  if (isList(node)) return node.map(render).join("");
  const { type, props } = node;
  if (typeof type === "function") return render(type(props));
  if (typeof type === "object") {
    const outer = type.value;
    type.value = props.value;
    const html = render(props.children);
    type.value = outer;
    return html;
  }
  const tag = `<${type}${attributes(props)}>`;
  return VOID.has(type) && props.children === undefined
    ? tag.replace(/>$/, "/>")
    : `${tag}${render(props.children)}</${type}>`;
}

function attributes(props: Props): string {
  return Object.entries(props)
    .map(([name, value]) => {
      if (name === "children" || name === "ref" || typeof value === "function") return "";
      if (value === undefined || value === null) return "";
      const isTold = name.startsWith("aria-") || name.startsWith("data-");
      if (typeof value === "boolean" && !isTold) return value ? ` ${nameOf(name)}=""` : "";
      const isPlain = typeof value !== "object";
      const text = isPlain ? `${value as string | number}` : styleOf(value);
      return ` ${nameOf(name)}="${escape(text)}"`;
    })
    .join("");
}

function nameOf(name: string): string {
  if (name.startsWith("stroke") || name.startsWith("fill"))
    return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return NAMES[name] ?? (AS_WRITTEN.has(name) ? name : name.toLowerCase());
}

function styleOf(style: object): string {
  return Object.entries(style)
    .map(
      ([name, value]) => `${name.replace(/[A-Z]/g, (each) => `-${each.toLowerCase()}`)}:${value}`,
    )
    .join(";");
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

function isList(node: Node): node is readonly Node[] {
  return Array.isArray(node);
}

import { jsx, type Node } from "./react.ts";

/** A plain link, in place of React Router's `Link` in the early scripts. */
export function Link({ to, ...props }: { to: string; children?: Node }): Node {
  return jsx("a", { href: to, ...props });
}

export function useLocation(): Location {
  return location;
}

/** Return a function that does nothing: before React has loaded, forms submit natively. */
export function useNavigate(): () => void {
  return () => undefined;
}

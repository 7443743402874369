import { jsx, type Node } from "./react.ts";

/** A plain link, in place of React Router's in the early scripts. */
export function Link({ to, ...props }: { to: string; children?: Node }): Node {
  return jsx("a", { href: to, ...props });
}

export function useLocation(): Location {
  return location;
}

/** Forms work by themselves. */
export function useNavigate(): () => void {
  return () => undefined;
}

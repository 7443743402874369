import { useMutation, useQuery } from "@apollo/client/react";
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from "react";
import { Navigate, useLocation } from "react-router";

import { resetForNewViewer } from "../api/client.ts";
import { graphql } from "../api/gql/gql.ts";
import type { Role, ViewerQuery } from "../api/gql/graphql.ts";
import { Failure } from "../app/Failure.tsx";
import { Loading } from "../ui/Loading.tsx";
import * as session from "./session.ts";

const VIEWER = graphql(`
  query Viewer {
    viewer {
      id
      name
      email
      emailVerified
      role
      timeZone
      expert {
        id
        slug
      }
    }
  }
`);

const LOGOUT = graphql(`
  mutation Logout($everywhere: Boolean!) {
    logout(everywhere: $everywhere)
  }
`);

export type Viewer = NonNullable<ViewerQuery["viewer"]>;

interface ViewerState {
  /** Null if nobody is signed in; undefined until known. */
  readonly viewer: Viewer | null | undefined;
  /** Whether the viewer has just signed out here, so that no page asks to sign in again. */
  readonly hasSignedOut: boolean;
  /** Query the viewer again; defined only after a failed query. */
  readonly retry: (() => void) | undefined;
  /** Record a sign-in; resolves when all queries have been refetched for the new viewer. */
  signedIn: (expiresAt: string) => Promise<void>;
  /** End this session, or all sessions of the account. */
  signOut: (of?: { everywhere: boolean }) => Promise<void>;
}

const ViewerContext = createContext<ViewerState | null>(null);

/** Return the signed-in viewer, and the functions to sign in and out. */
export function useViewer(): ViewerState {
  const state = use(ViewerContext);
  if (!state) throw new Error("outside a ViewerProvider");
  return state;
}

export function ViewerProvider({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(VIEWER);
  const [logout] = useMutation(LOGOUT);
  const [hasSignedOut, setHasSignedOut] = useState(false);
  useEffect(() => session.onChange(() => void resetForNewViewer()), []);
  // After a failed query, a viewer who was signed in may still be.
  const viewer = data ? data.viewer : error && !session.isSignedIn() ? null : undefined;
  const state = useMemo(
    () => ({
      viewer,
      hasSignedOut,
      retry: error && viewer === undefined ? () => void refetch() : undefined,
      async signedIn(expiresAt: string) {
        session.replace(expiresAt);
        setHasSignedOut(false);
        await resetForNewViewer();
      },
      async signOut({ everywhere } = { everywhere: false }) {
        await logout({ variables: { everywhere } });
        setHasSignedOut(true);
        session.end();
      },
    }),
    [viewer, hasSignedOut, error, refetch, logout],
  );
  return <ViewerContext value={state}>{children}</ViewerContext>;
}

/** Return the path of the sign-in page, which leads back to `path` afterwards. */
export function signInPath(path: string): string {
  return `/sign-in${returnQuery(path)}`;
}

/** Return the query string that leads back here after signing in; kept between the forms. */
export function useReturnQuery(): string {
  const { pathname, search } = useLocation();
  return returnQuery(new URLSearchParams(search).get("to") ?? pathname + search);
}

function returnQuery(path: string): string {
  return `?${new URLSearchParams({ to: path })}`;
}

/** Requires a signed-in viewer, optionally with one of some roles; otherwise redirects. */
export function Protected({ roles, children }: { roles?: readonly Role[]; children: ReactNode }) {
  const { viewer, hasSignedOut, retry } = useViewer();
  const { pathname, search } = useLocation();
  const wasShown = useRef(false);
  useEffect(() => {
    if (viewer) wasShown.current = true;
  }, [viewer]);
  if (viewer === undefined) return retry ? <Failure retry={retry} isOffline /> : <Loading />;
  if (viewer === null) {
    // eslint-disable-next-line react-hooks/refs -- set in an effect, before the viewer can sign out
    const to = hasSignedOut && wasShown.current ? "/" : signInPath(pathname + search);
    return <Navigate to={to} replace />;
  }
  if (roles && !roles.includes(viewer.role)) return <Navigate to="/" replace />;
  return children;
}

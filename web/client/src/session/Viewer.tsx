import { useMutation, useQuery } from "@apollo/client/react";
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from "react";
import { Navigate, useLocation } from "react-router";

import { viewerChanged } from "../api/client.ts";
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
  /** Null: nobody is signed in; undefined: not known yet. */
  readonly viewer: Viewer | null | undefined;
  /** Whether the viewer has signed out here: nothing is left to come back to. */
  readonly hasLeft: boolean;
  /** Ask again who it is; there only when the server could not be asked. */
  readonly retry: (() => void) | undefined;
  /** Note that somebody has signed in; resolves when every page shows what is theirs. */
  signedIn(expiresAt: string): Promise<void>;
  /** End this session, or every one of the account. */
  signOut(of?: { everywhere: boolean }): Promise<void>;
}

const ViewerContext = createContext<ViewerState | null>(null);

/** Who is signed in. */
export function useViewer(): ViewerState {
  const state = use(ViewerContext);
  if (!state) throw new Error("outside a ViewerProvider");
  return state;
}

export function ViewerProvider({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(VIEWER);
  const [logout] = useMutation(LOGOUT);
  const [hasLeft, setHasLeft] = useState(false);
  useEffect(() => session.onChange(() => void viewerChanged()), []);
  // Whoever was signed in and cannot be asked for still may be.
  const viewer = data ? data.viewer : error && !session.isSignedIn() ? null : undefined;
  const state = useMemo(
    () => ({
      viewer,
      hasLeft,
      retry: error && viewer === undefined ? () => void refetch() : undefined,
      async signedIn(expiresAt: string) {
        session.replace(expiresAt);
        setHasLeft(false);
        await viewerChanged();
      },
      async signOut({ everywhere } = { everywhere: false }) {
        await logout({ variables: { everywhere } });
        setHasLeft(true);
        session.end();
      },
    }),
    [viewer, hasLeft, error, refetch, logout],
  );
  return <ViewerContext value={state}>{children}</ViewerContext>;
}

/** Where to sign in and come back from, as a link's or a navigation's target. */
export function signInFrom(path: string): string {
  return `/sign-in${wayBack(path)}`;
}

/** The search with which signing in comes back to where one is; kept while one signs in. */
export function useWayBack(): string {
  const { pathname, search } = useLocation();
  return wayBack(new URLSearchParams(search).get("to") ?? pathname + search);
}

function wayBack(path: string): string {
  return `?${new URLSearchParams({ to: path })}`;
}

/** A page for those who are signed in, or for some roles alone; others are asked to sign in. */
export function Protected({ roles, children }: { roles?: readonly Role[]; children: ReactNode }) {
  const { viewer, hasLeft, retry } = useViewer();
  const { pathname, search } = useLocation();
  const wasShown = useRef(false);
  useEffect(() => {
    if (viewer) wasShown.current = true;
  }, [viewer]);
  if (viewer === undefined) return retry ? <Failure retry={retry} isOffline /> : <Loading />;
  if (viewer === null) {
    const to = hasLeft && wasShown.current ? "/" : signInFrom(pathname + search);
    return <Navigate to={to} replace />;
  }
  if (roles && !roles.includes(viewer.role)) return <Navigate to="/" replace />;
  return children;
}

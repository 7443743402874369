import { useMutation, useQuery } from "@apollo/client/react";
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from "react";
import { Navigate, useLocation } from "react-router";

import { continueAsViewer, resetForNewViewer } from "../api/client.ts";
import { graphql } from "../api/gql/gql.ts";
import type { Role, ViewerQuery } from "../api/gql/graphql.ts";
import { Failure } from "../app/Failure.tsx";
import { Loading } from "../ui/Loading.tsx";
import { adoptDrafts, clearAllDrafts } from "./drafts.ts";
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
      language
      phone
      guest
      hasPassword
      expert {
        id
        slug
      }
    }
  }
`);

const START_GUEST_SESSION = graphql(`
  mutation StartGuestSession {
    startGuestSession {
      expiresAt
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
  /**
   * The signed-in viewer; null if nobody is signed in or the user is a guest; undefined until
   * known.
   */
  readonly viewer: Viewer | null | undefined;
  /** ID of the viewer or guest, who may hold slots; undefined without a session. */
  readonly personId: string | undefined;
  /** Number that changes when another person uses this tab, but not when a visitor signs in. */
  readonly visit: number;
  /**
   * Whether the viewer has just signed out in this tab, so that no page asks the viewer to sign in
   * again.
   */
  readonly hasSignedOut: boolean;
  /** Query the viewer again; defined only after a failed query. */
  readonly retry: (() => void) | undefined;
  /** Record a sign-in; resolve when all queries have been refetched for the new viewer. */
  signedIn: (expiresAt: string) => Promise<void>;
  /** Record a sign-in that happened within a page, which keeps its state; resolve to the viewer. */
  continuedAs: (expiresAt: string) => Promise<Viewer | null | undefined>;
  /** Begin a session for a visitor without an account, who may then hold a slot. */
  startGuest: () => Promise<void>;
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
  const [startGuestSession] = useMutation(START_GUEST_SESSION);
  const [hasSignedOut, setHasSignedOut] = useState(false);
  useEffect(() => session.onChange(() => void resetForNewViewer()), []);
  // After a failed query, the viewer stays unknown if there was a session, which may still be
  // valid.
  const person = data ? data.viewer : error && !session.isSignedIn() ? null : undefined;
  const viewer = person?.guest ? null : person;
  const visit = useVisit(person);
  const state = useMemo(
    () => ({
      viewer,
      personId: person?.id,
      visit,
      hasSignedOut,
      retry: error && viewer === undefined ? () => void refetch() : undefined,
      async signedIn(expiresAt: string) {
        session.replace(expiresAt);
        setHasSignedOut(false);
        await resetForNewViewer();
      },
      async continuedAs(expiresAt: string) {
        session.replace(expiresAt);
        setHasSignedOut(false);
        continueAsViewer();
        return (await refetch()).data?.viewer;
      },
      async startGuest() {
        const { data } = await startGuestSession();
        if (!data) return;
        session.replace(data.startGuestSession.expiresAt);
        continueAsViewer();
        await refetch();
      },
      async signOut({ everywhere } = { everywhere: false }) {
        await logout({ variables: { everywhere } });
        setHasSignedOut(true);
        clearAllDrafts();
        session.end();
      },
    }),
    [viewer, person?.id, visit, hasSignedOut, error, refetch, logout, startGuestSession],
  );
  return <ViewerContext value={state}>{children}</ViewerContext>;
}

/** Count the people who use this tab; a visitor or guest who signs in is not counted again. */
function useVisit(person: Viewer | null | undefined): number {
  const guestId = useRef<string>(undefined);
  useEffect(() => {
    if (person && !person.guest && guestId.current) adoptDrafts(guestId.current, person);
    if (person !== undefined) guestId.current = person?.guest ? person.id : undefined;
  }, [person]);
  const [known, setKnown] = useState({ person, visit: 0 });
  if (person === undefined || person?.id === known.person?.id) return known.visit;
  const isAnother = Boolean(known.person && !known.person.guest);
  const visit = known.visit + (isAnother ? 1 : 0);
  setKnown({ person, visit });
  return visit;
}

/** Return the path of the sign-in page, which leads back to `path` afterwards. */
export function signInPath(path: string, way?: "code"): string {
  return `/sign-in${returnQuery(path)}${way ? `&with=${way}` : ""}`;
}

/**
 * Return the query string that leads back to this page after signing in. The links between the
 * account forms keep this query string.
 */
export function useReturnQuery(): string {
  const { pathname, search } = useLocation();
  return returnQuery(new URLSearchParams(search).get("to") ?? pathname + search);
}

function returnQuery(path: string): string {
  return `?${new URLSearchParams({ to: path })}`;
}

interface ProtectedProps {
  /** Roles that may see the page; by default all. */
  roles?: readonly Role[];
  /**
   * The sign-in method that is offered first; "code" also works for accounts without a password.
   */
  signInWith?: "code";
  children: ReactNode;
}

/**
 * Show a page only to a signed-in viewer, optionally with one of the given roles; redirect others.
 */
export function Protected({ roles, signInWith, children }: ProtectedProps) {
  const { viewer, hasSignedOut, retry } = useViewer();
  const { pathname, search } = useLocation();
  const wasShown = useRef(false);
  useEffect(() => {
    if (viewer) wasShown.current = true;
  }, [viewer]);
  if (viewer === undefined) return retry ? <Failure retry={retry} isOffline /> : <Loading />;
  if (viewer === null) {
    // eslint-disable-next-line react-hooks/refs -- set in an effect, before the viewer can sign out
    const to = hasSignedOut && wasShown.current ? "/" : signInPath(pathname + search, signInWith);
    return <Navigate to={to} replace />;
  }
  if (roles && !roles.includes(viewer.role)) return <Navigate to="/" replace />;
  return children;
}

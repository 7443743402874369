import { type ReactNode, useEffect, useRef, useSyncExternalStore, ViewTransition } from "react";
import { useLocation } from "react-router";

import { Toasts } from "../ui/toast.tsx";
import { type Language, LANGUAGES, useText, useWords } from "../text/text.tsx";
import { Header } from "./Header.tsx";
import { useScrollRestoration } from "./scroll.ts";
import { appWords } from "./words.ts";

/** Frame of every page: header, main content, footer and notices. */
export function Layout({ children }: { children: ReactNode }) {
  const { app } = useWords(appWords);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const displayedPath = useRef(pathname);
  useScrollRestoration();

  // Move the focus to the new page, as a page load does, so that Tab starts there and screen
  // readers announce it. A page that has focused an element itself keeps that focus.
  useEffect(() => {
    const hasFocus = main.current?.contains(document.activeElement);
    if (displayedPath.current !== pathname && !hasFocus)
      main.current?.focus({ preventScroll: true });
    displayedPath.current = pathname;
  }, [pathname]);

  return (
    <div className="mx-auto flex min-h-dvh max-w-page flex-col px-4 md:px-6">
      <a
        href="#content"
        onClick={(event) => {
          // Keep `#content` out of the page's address.
          event.preventDefault();
          main.current?.focus();
        }}
        className="sr-only rounded-md bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10"
      >
        {app.skip}
      </a>
      <Header />
      <main id="content" ref={main} tabIndex={-1} className="flex-1 outline-none">
        {/* Animate changes from one page to another, not updates within a page. */}
        {/* eslint-disable-next-line react-hooks/refs -- the ref holds the last committed path */}
        <ViewTransition update={displayedPath.current === pathname ? "none" : "auto"}>
          {children}
        </ViewTransition>
      </main>
      <Footer />
      <Offline />
      <Toasts />
    </div>
  );
}

function Footer() {
  const { app } = useWords(appWords);
  const { language, choose } = useText();
  return (
    <footer className="mt-12 flex flex-wrap items-center justify-between gap-4 border-t border-line py-6 text-xs text-muted">
      <p>{app.footer}</p>
      <div className="flex items-center gap-4">
        <a href="/graphql" className="text-muted">
          {app.api}
        </a>
        <label className="flex items-center gap-2">
          {app.language}
          <select
            value={language}
            onChange={(event) => choose(event.target.value as Language)}
            className="h-8 pointer-coarse:h-11 rounded-md border border-line bg-panel px-2 text-text"
          >
            {Object.entries(LANGUAGES).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
    </footer>
  );
}

/** Overlay that says that the browser is offline; an overlay does not shift the layout. */
function Offline() {
  const { connection } = useWords(appWords);
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  return (
    <div role="status" className="fixed inset-x-4 bottom-4 z-10 grid justify-center">
      {!isOnline && (
        <p className="rounded-full border border-held bg-held-bg px-4 py-2 text-held">
          {connection.offline}
        </p>
      )}
    </div>
  );
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}

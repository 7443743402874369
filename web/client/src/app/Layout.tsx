import { lazy, type ReactNode, Suspense, useEffect, useRef, ViewTransition } from "react";
import { useLocation } from "react-router";

import { useOfflineSince } from "../api/online.ts";
import { serverUrl } from "../api/server.ts";
import { useViewer } from "../session/Viewer.tsx";
import { LANGUAGES, useText, useWords } from "../text/text.tsx";
import { Logo } from "../ui/Logo.tsx";
import { chooseTheme, useTheme } from "../ui/theme.ts";
import { Toasts } from "../ui/toast.tsx";
import { Header } from "./Header.tsx";
import { betweenPages } from "./pageTransition.ts";
import { useScrollRestoration } from "./scroll.ts";
import { appWords } from "./words.ts";

// Pages must work without the hold bar, whose script may fail to load while the browser is offline.
const HoldBar = lazy(() => import("../holds/HoldBar.tsx").catch(() => ({ default: () => null })));

const WIDE_PAGES = /^\/(desk|administration)(\/|$)/;

/** Frame of every page: header, main content, footer and notices. */
export function Layout({ children }: { children: ReactNode }) {
  const { app } = useWords(appWords);
  const { pathname } = useLocation();
  const { personId } = useViewer();
  const main = useRef<HTMLElement>(null);
  const displayedPath = useRef(pathname);
  useScrollRestoration();

  // Move the focus to the new page, as a page load does, so that Tab starts there and screen
  // readers announce the page. If the page itself has focused an element, leave the focus there.
  useEffect(() => {
    const hasFocus = main.current?.contains(document.activeElement);
    if (displayedPath.current !== pathname && !hasFocus)
      main.current?.focus({ preventScroll: true });
    displayedPath.current = pathname;
  }, [pathname]);

  return (
    <div
      data-wide={WIDE_PAGES.test(pathname) || undefined}
      className="relative isolate flex min-h-dvh flex-col"
    >
      <div aria-hidden className="dawn absolute inset-x-0 top-0 -z-10 h-120 print:hidden" />
      <a
        href="#content"
        onClick={(event) => {
          // Move the focus without adding `#content` to the URL.
          event.preventDefault();
          main.current?.focus();
        }}
        className="sr-only rounded-md bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10"
      >
        {app.skip}
      </a>
      <Header />
      <main id="content" ref={main} tabIndex={-1} className="page flex-1 pt-4 outline-none">
        <ViewTransition {...betweenPages}>{children}</ViewTransition>
      </main>
      {personId && (
        <Suspense>
          <HoldBar key={personId} />
        </Suspense>
      )}
      <Footer />
      <Offline />
      <Toasts />
    </div>
  );
}

function Footer() {
  const { app } = useWords(appWords);
  const { language, choose } = useText();
  const theme = useTheme();
  return (
    <footer className="mt-14 border-t border-line print:hidden">
      <div className="page flex flex-wrap items-center gap-x-8 gap-y-4 py-8 text-sm text-muted">
        <Logo className="h-6 w-[7.3125rem] text-text" />
        <p className="flex-1">{app.footer}</p>
        <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
          <a
            href={serverUrl("/graphql")}
            className="inline-flex min-h-11 items-center text-muted no-underline hover:underline"
          >
            {app.api}
          </a>
          <FooterSelect
            label={app.language}
            options={LANGUAGES}
            value={language}
            onChoose={choose}
            isInOwnLanguage
          />
          <FooterSelect
            label={app.theme}
            options={app.themes}
            value={theme}
            onChoose={chooseTheme}
          />
        </div>
      </div>
    </footer>
  );
}

interface FooterSelectProps<T extends string> {
  label: string;
  /** Labels by value. */
  options: Readonly<Record<T, string>>;
  value: T;
  onChoose: (value: T) => void;
  /** Whether the options are language tags, each with a label in that language. */
  isInOwnLanguage?: boolean;
}

function FooterSelect<T extends string>(props: FooterSelectProps<T>) {
  const { label, options, value, onChoose, isInOwnLanguage = false } = props;
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onChoose(event.target.value as T)}
      className="h-9 rounded-sm border border-line bg-panel px-2 text-text pointer-coarse:h-11"
    >
      {Object.entries<string>(options).map(([tag, name]) => (
        <option key={tag} value={tag} lang={isInOwnLanguage ? tag : undefined}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** Message that the browser is offline; it is an overlay, so that the layout does not shift. */
function Offline() {
  const { connection } = useWords(appWords);
  const isOffline = useOfflineSince() !== undefined;
  return (
    <div
      role="status"
      className="fixed inset-x-4 bottom-[calc(var(--docked,0px)+1rem)] z-10 grid justify-center print:hidden"
    >
      {isOffline && (
        <p className="rounded-full border border-held-line bg-held-bg px-4 py-2 text-held">
          {connection.offline}
        </p>
      )}
    </div>
  );
}

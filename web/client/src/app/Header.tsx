import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Link, NavLink, useLocation, useNavigate } from "react-router";

import { useViewer, useReturnQuery } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { toastError } from "../ui/toast.tsx";
import { appWords } from "./words.ts";

/** Site navigation; on narrow screens a menu button opens it. */
export function Header() {
  const { app, errors } = useWords(appWords);
  const { viewer, signOut } = useViewer();
  const navigate = useNavigate();
  const { key } = useLocation();
  const back = useReturnQuery();
  const [isOpen, setIsOpen] = useState(false);
  const header = useRef<HTMLElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useId();

  // eslint-disable-next-line react-hooks/set-state-in-effect -- closes the menu after a navigation
  useEffect(() => setIsOpen(false), [key]);
  useEffect(() => {
    if (!isOpen) return;
    // Close the menu on a click outside or when the focus leaves it.
    function closeIfOutside({ target }: Event): void {
      if (!header.current?.contains(target as Node)) setIsOpen(false);
    }
    const closingEvents = ["pointerdown", "focusin"];
    for (const type of closingEvents) document.addEventListener(type, closeIfOutside);
    return () => {
      for (const type of closingEvents) document.removeEventListener(type, closeIfOutside);
    };
  }, [isOpen]);

  return (
    <header
      ref={header}
      onKeyDown={(event) => {
        if (!isOpen || event.key !== "Escape") return;
        setIsOpen(false);
        button.current?.focus();
      }}
      className="relative z-10 flex min-h-16 items-center gap-6"
    >
      <Link
        to="/"
        className="inline-flex min-h-11 items-center text-base font-semibold text-text no-underline"
      >
        {app.title}
      </Link>
      <button
        ref={button}
        type="button"
        aria-expanded={isOpen}
        aria-controls={menu}
        onClick={() => setIsOpen(!isOpen)}
        className={`${buttonClass()} ml-auto md:hidden`}
      >
        {app.menu}
      </button>
      <nav
        id={menu}
        aria-label={app.menu}
        className={`${isOpen ? "grid" : "hidden"} absolute inset-x-0 top-16 rounded-lg border border-line bg-panel p-2 shadow-[0_8px_24px_#0003] md:static md:flex md:min-h-10 md:flex-1 md:items-center md:gap-x-5 md:border-0 md:bg-transparent md:p-0 md:shadow-none`}
      >
        <NavItem to="/experts">{app.experts}</NavItem>
        {viewer && <NavItem to="/bookings">{app.bookings}</NavItem>}
        {viewer?.expert && <NavItem to="/desk">{app.desk}</NavItem>}
        {viewer?.role === "ADMIN" && <NavItem to="/administration">{app.administration}</NavItem>}
        <span aria-hidden className="hidden flex-1 md:block" />
        {viewer === null && (
          <>
            <NavItem to={`/sign-in${back}`}>{app.signIn}</NavItem>
            <NavItem to={`/register${back}`}>{app.register}</NavItem>
          </>
        )}
        {viewer && (
          <>
            <NavItem to="/account">{app.account}</NavItem>
            <button
              type="button"
              className={itemClass}
              onClick={() => {
                void signOut().then(
                  () => navigate("/"),
                  () => toastError(errors.unexpected),
                );
              }}
            >
              {app.signOut}
            </button>
          </>
        )}
      </nav>
    </header>
  );
}

const itemClass =
  "flex min-h-11 items-center rounded-md px-3 text-sm font-medium text-muted no-underline hover:text-text aria-[current=page]:bg-soft aria-[current=page]:text-text md:min-h-10 md:rounded-none md:border-b-2 md:border-transparent md:px-0 md:aria-[current=page]:border-accent md:aria-[current=page]:bg-transparent";

function NavItem({ to, children }: { to: string; children: ReactNode }) {
  return (
    <NavLink to={to} className={itemClass}>
      {children}
    </NavLink>
  );
}

import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Link, NavLink, useLocation, useNavigate } from "react-router";

import { useViewer, useReturnQuery } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { useCity } from "../time/useCity.ts";
import { buttonClass } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Logo } from "../ui/Logo.tsx";
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
  const isSignedIn = Boolean(viewer);

  // eslint-disable-next-line react-hooks/set-state-in-effect -- closes the menu after a navigation
  useEffect(() => setIsOpen(false), [key]);
  useEffect(() => {
    if (!isOpen) return;
    // Close the menu on a click outside of the header, or when the focus leaves the header.
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
      className="glass relative z-10 border-b border-line print:hidden"
    >
      <div className="page flex min-h-16 items-center gap-2 md:min-h-18 md:gap-8">
        <Link to="/" className="mr-auto inline-flex min-h-11 items-center text-text md:mr-0">
          <Logo className="h-7 w-34 md:h-8 md:w-39" />
        </Link>
        {viewer === null && (
          <Link
            to={`/sign-in${back}`}
            className={`${buttonClass()} px-3! whitespace-nowrap md:hidden`}
          >
            {app.signIn}
          </Link>
        )}
        <button
          ref={button}
          type="button"
          aria-expanded={isOpen}
          aria-controls={menu}
          aria-label={app.menu}
          onClick={() => setIsOpen(!isOpen)}
          className="grid size-11 place-items-center rounded-control hover:bg-sunken md:hidden"
        >
          <Icon name="menu" />
        </button>
        <nav
          id={menu}
          aria-label={app.menu}
          className={`${isOpen ? "grid" : "hidden"} absolute inset-x-4 top-full mt-2 rounded-lg border border-line bg-raised p-2 shadow-3 md:static md:mt-0 md:flex md:flex-1 md:items-center md:gap-x-1 md:rounded-none md:border-0 md:bg-transparent md:p-0 md:shadow-none`}
        >
          <NavItem to="/experts">{app.experts}</NavItem>
          {isSignedIn && <NavItem to="/bookings">{app.bookings}</NavItem>}
          {viewer === null && (
            <Link to="/sign-in?with=code&to=/bookings" className={itemClass}>
              {app.findBookings}
            </Link>
          )}
          {viewer?.expert && <NavItem to="/desk">{app.desk}</NavItem>}
          {viewer?.role === "ADMIN" && <NavItem to="/administration">{app.administration}</NavItem>}
          <span aria-hidden className="hidden flex-1 md:block" />
          <ViewersClock />
          {viewer === null && (
            <>
              <span className="contents max-md:hidden">
                <NavItem to={`/sign-in${back}`}>{app.signIn}</NavItem>
              </span>
              <Link to={`/register${back}`} className={`${buttonClass()} max-md:mt-1`}>
                {app.register}
              </Link>
            </>
          )}
          {isSignedIn && (
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
      </div>
    </header>
  );
}

const itemClass =
  "flex min-h-11 items-center rounded-control px-4 text-control font-medium text-muted no-underline hover:bg-sunken hover:text-text aria-[current=page]:bg-sunken aria-[current=page]:text-text md:rounded-full";

function NavItem({ to, children }: { to: string; children: ReactNode }) {
  return (
    <NavLink to={to} className={itemClass}>
      {children}
    </NavLink>
  );
}

/** Shows the city that represents the viewer's time zone, and the time there. */
function ViewersClock() {
  const city = useCity();
  const formats = useFormats();
  return (
    <p className="flex items-center gap-2 px-4 text-sm text-muted tabular-nums max-lg:hidden">
      <Icon name="clock" className="size-4" />
      {city}, {formats.time(new Date(useNow(60_000)).toISOString())}
    </p>
  );
}

"""What the commands do. A mistake that a person can mend ends them with one line and status 1."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from auth.passwords import Passwords
from models import sessions
from models.database import open_database
from models.errors import DatabaseError, InvalidInput, Refused
from models.times import utc_now
from models.users import Role
from models.verification import judge, open_for_reading
from resolvers import users as accounts
from resolvers.administration import UserChange, change_account
from web.embedded.database import NoDatabase, embedded_database
from web.samples.seed import DEMO_PASSWORD, Outcome
from web.samples.seed import seed as seed_database
from web.serving import NotServed, announcement, end_with_parent, listening_socket, serve_on
from web.settings import Settings
from web.telemetry.logs import set_up
from web.workers import Workers, worker_environment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from models.verification import Verdict

MOST_TOLD = 100
INTERRUPTED = 128 + signal.SIGINT
"""The exit status of what was stopped before it was done, as shells have it."""

OUTCOMES = {
    Outcome.FILLED: "The sample data are there.",
    Outcome.FILLED_BEFORE: "The sample data were there already; nothing was changed.",
    Outcome.HAS_ITS_OWN: "The database has data of its own; nothing was changed.",
}

log = logging.getLogger(__name__)
console = Console(stderr=True, highlight=False, soft_wrap=True)


def serve(
    *,
    port: int | None,
    host: str | None,
    data: Path | None,
    workers: int | None,
    with_parent: bool,
) -> None:
    """Serve until a signal ends it, which is its orderly end."""
    with explained(interrupted=0):
        if with_parent or "UV" in os.environ:  # which `uv run` sets
            end_with_parent()
        settings = read_settings(port=port, host=host, data=data, workers=workers)
        set_up(settings.log_form, settings.log_level)
        if not settings.data.exists():
            # Nothing is made for a program that cannot be reached. Where there is a folder it
            # is asked first: who has started twice is to hear of that, not of the port.
            with listening_socket(settings):
                pass
        with (
            database_url(settings, settings.address) as url,
            listening_socket(settings) as listener,
        ):
            outcome = asyncio.run(prepare(url, sample_experts(settings)))
            demo = outcome in {Outcome.FILLED, Outcome.FILLED_BEFORE}

            def announce() -> None:
                if settings.log_form == "json":
                    log.info("ExpertBook is ready at %s", settings.address)
                else:
                    console.print(announcement(settings, demo=demo))

            if settings.workers == 1:
                serve_on(listener, settings, url, announce)
            else:
                environment = worker_environment(settings, url)
                Workers(settings.workers, listener, environment).run(announce)


def seed(experts: int, *, data: Path | None) -> None:
    """Fill the database with sample data, and say what became of it."""
    with explained():
        settings = read_settings(data=data)
        if settings.is_production:
            raise NoDatabase("Sample data have well-known passwords: not in production.")
        with database_url(settings) as url:
            outcome = asyncio.run(prepare(url, experts))
        if outcome:
            console.print(OUTCOMES[outcome])


def verify(*, data: Path | None) -> None:
    """Say what is wrong with the stored data, if anything, and end with status 1 then."""

    async def look(url: str) -> Verdict:
        async with open_for_reading(url) as database:
            with drawn("Documents") as progress:
                return await judge(database, utc_now(), progress)

    with explained():
        with database_url(read_settings(data=data)) as url:
            verdict = asyncio.run(look(url))
        for finding in verdict.findings[:MOST_TOLD]:
            typer.echo(f"{finding.kind}: {finding.detail}")
        if (more := len(verdict.findings) - MOST_TOLD) > 0:
            typer.echo(f"and {more:,} more")
        if verdict.findings:
            raise typer.Exit(1)
        seen = ", ".join(f"{number:,} {name}" for name, number in sorted(verdict.seen.items()))
        typer.echo(f"Nothing is wrong with {seen or 'no documents'}.")


def create_user(email: str, name: str, password: str, role: str) -> None:
    """Make an account."""
    in_database(lambda: accounts.create(Passwords(), name, email, password, Role(role)))
    console.print(f"{escape(email)} can sign in now.")


def promote_user(email: str, role: str) -> None:
    """Give an account another role."""
    in_database(lambda: change(email, UserChange(role=Role(role))))
    console.print(f"{escape(email)} is {role.lower()} now.")


def disable_user(email: str) -> None:
    """Keep an account from signing in."""
    in_database(lambda: change(email, UserChange(disabled=True)))
    console.print(f"{escape(email)} can no longer sign in.")


async def change(email: str, wanted: UserChange) -> None:
    """Change an account; a program that serves learns of ended sessions by itself.

    Raises:
        NoAccount: when there is none.
        Refused: when the change is not allowed.
    """
    user = await accounts.by_email(email)
    if user is None:
        raise NoAccount(f"No account has the address {email}.")
    await change_account(user.id, wanted, sessions.end_all)


def in_database(act: Callable[[], Awaitable[object]]) -> None:
    """Do something in the database that the settings name."""

    async def run(url: str) -> None:
        async with open_database(url):
            await act()

    with explained(), database_url(read_settings()) as url:
        asyncio.run(run(url))


class NoAccount(Exception):
    """There is no account with that address."""


class BadSetting(Exception):
    """A setting makes no sense; the text says what it should be."""


def sample_experts(settings: Settings) -> int:
    """How many experts a first start makes; in production none, as their password is known."""
    return 0 if settings.is_production else settings.experts


async def prepare(url: str, experts: int) -> Outcome | None:
    """Check the database, make its indexes and, if wanted, fill it; draw how far that is."""
    async with open_database(url):
        if not experts:
            return None
        with drawn("Sample experts") as progress:
            password_hash = await Passwords().hash(DEMO_PASSWORD)
            return await seed_database(
                experts=experts, now=utc_now(), password_hash=password_hash, progress=progress
            )


@contextmanager
def drawn(what: str) -> Iterator[Callable[[int, int], None]]:
    """Draw how far something is, on a terminal; gives what is to be told of it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(what, visible=False)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield progress


def read_settings(**options: Any) -> Settings:
    """The settings of the environment, with the command's options over them.

    Raises:
        BadSetting: names each one.
    """
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise BadSetting(" ".join(explain(problem) for problem in error.errors())) from error


@contextmanager
def database_url(settings: Settings, address: str = "") -> Iterator[str]:
    """Where the database is: as set, or an embedded one for as long as the context lasts.

    Args:
        settings: which one.
        address: where this program is going to serve, for whoever is refused because of it.
    """
    if settings.mongodb_url is not None:
        yield settings.mongodb_url
        return
    if settings.is_production:
        raise NoDatabase("Set MONGODB_URL: in production the database is one of its own.")
    with embedded_database(settings.data, address=address) as url:
        yield url


@contextmanager
def explained(*, interrupted: int = INTERRUPTED) -> Iterator[None]:
    """Turn what a person can mend into one line and status 1, Ctrl-C and SIGTERM into a status.

    Args:
        interrupted: the exit status after a signal.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        for again in (signal.SIGINT, signal.SIGTERM):
            signal.signal(again, signal.SIG_IGN)
        console.print("Stopped.")
        raise typer.Exit(interrupted) from None
    except InvalidInput as error:
        message = "; ".join(f"{p.field}: {p.message}" for p in error.problems)
    except (BadSetting, NoAccount, NoDatabase, DatabaseError, NotServed, Refused) as error:
        message = str(error)
    else:
        return
    console.print(f"[bold red]expertbook:[/bold red] {escape(message)}")
    raise typer.Exit(1)


def explain(problem: ErrorDetails) -> str:
    """One setting's problem: its name in the environment, and what it should be."""
    if not problem["loc"]:
        return problem["msg"].removeprefix("Value error, ")
    field = str(problem["loc"][0]).removeprefix("EXPERTBOOK_").lower()
    setting = Settings.model_fields[field]
    default = "" if setting.default is None else f" (default {setting.default})"
    # Without a password, wherever a URL that is misspelt may have it.
    given = re.sub(r"^(\w+:/*).*@", r"\1…@", str(problem["input"]), flags=re.DOTALL)
    given = re.sub(r"^(\w+:.*?\?).*", r"\1…", given, flags=re.DOTALL)
    return (
        f"EXPERTBOOK_{field.upper()}={given} makes no sense: "
        f"set it to {setting.description}{default}."
    )

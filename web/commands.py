"""What the commands do, but for serving (web/launch.py)."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from auth.passwords import Passwords
from models.accounts import sessions
from models.accounts.users import Role
from models.bookings.verification import judge, open_for_reading
from models.calendar.times import utc_now
from models.database import open_database
from resolvers import users as accounts
from resolvers.administration import UserChange, change_account
from web.console import NoAccount, database_url, explained, read_settings, say
from web.embedded.database import NoDatabase
from web.samples.demo import DEMO_PASSWORD, Outcome
from web.samples.seed import seed as seed_database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from models.bookings.verification import Verdict

MOST_TOLD = 100

OUTCOMES = {
    Outcome.FILLED: "The sample data are there.",
    Outcome.FILLED_BEFORE: "The sample data were there already; nothing was changed.",
    Outcome.HAS_ITS_OWN: "The database has data of its own; nothing was changed.",
}


def seed(experts: int, *, data: Path | None) -> None:
    """Fill the database with sample data, and say what became of it."""
    with explained():
        settings = read_settings(data=data)
        if settings.is_production:
            raise NoDatabase("Sample data have well-known passwords: not in production.")
        with database_url(settings) as url:
            say(OUTCOMES[asyncio.run(fill(url, experts))])


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
    say(f"{email} can sign in now.")


def promote_user(email: str, role: str) -> None:
    """Give an account another role."""
    in_database(lambda: change(email, UserChange(role=Role(role))))
    say(f"{email} is {role.lower()} now.")


def disable_user(email: str) -> None:
    """Keep an account from signing in."""
    in_database(lambda: change(email, UserChange(disabled=True)))
    say(f"{email} can no longer sign in.")


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


async def fill(url: str, experts: int) -> Outcome:
    """Fill a database with sample data, unless it has data; draw how far that is."""
    async with open_database(url):
        with drawn("Sample experts") as progress:
            password_hash = await Passwords().hash(DEMO_PASSWORD)
            return await seed_database(
                experts=experts, now=utc_now(), password_hash=password_hash, progress=progress
            )


@contextmanager
def drawn(what: str) -> Iterator[Callable[[int, int], None]]:
    """Draw how far something is, on a terminal; gives what is to be told of it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(what, visible=False)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield progress

"""Implementation of every command except `serve` (web/launch.py)."""

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
from models.bookings.verification import check_invariants, open_for_reading
from models.calendar.times import utc_now
from models.database import open_database
from models.directory.versions import forget_directory
from models.ledger.ledger import Ledger
from resolvers import users as accounts
from resolvers.administration import UserChange, change_account
from web.console import NoAccount, database_url, exit_on_errors, read_settings, run, say
from web.embedded.database import NoDatabase
from web.samples.demo import DEMO_PASSWORD, Outcome
from web.samples.seed import seed as seed_database
from web.verification import VerificationMetrics
from web.verification import watch as repeat_checks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from models.bookings.events import Event
    from models.bookings.verification import VerificationReport
    from web.settings import Settings

MAX_FINDINGS_SHOWN = 100

OUTCOMES = {
    Outcome.SEEDED: "Sample data was created.",
    Outcome.ALREADY_SEEDED: "Sample data already exists; nothing was changed.",
    Outcome.HAS_OTHER_DATA: "The database already contains other data; nothing was changed.",
}


def seed(experts: int, *, data: Path | None) -> None:
    """Fill the database with sample data and print the outcome."""
    with exit_on_errors():
        settings = read_settings(data=data)
        if settings.is_production:
            raise NoDatabase(
                "Sample accounts have a public password; they are not allowed in production."
            )
        with database_url(settings) as url:
            say(OUTCOMES[run(fill(url, experts))])


def verify(*, repair: bool, data: Path | None) -> None:
    """Check the stored data, print the problems, and exit with status 1 if there are any.

    With `repair`, all server processes then rebuild their in-memory indexes.
    """

    async def check(url: str) -> VerificationReport:
        async with open_for_reading(url) as database:
            with progress_bar("Documents") as progress:
                report = await check_invariants(database, utc_now(), progress)
            if repair:
                await forget_directory(database)
            return report

    with exit_on_errors():
        with database_url(read_settings(data=data)) as url:
            report = run(check(url))
        for finding in report.findings[:MAX_FINDINGS_SHOWN]:
            typer.echo(f"{finding.kind}: {finding.detail}")
        if (more := len(report.findings) - MAX_FINDINGS_SHOWN) > 0:
            typer.echo(f"and {more:,} more")
        if report.findings:
            raise typer.Exit(1)
        checked = ", ".join(
            f"{number:,} {name}" for name, number in sorted(report.documents.items())
        )
        typer.echo(f"No problems found in {checked or 'no documents'}.")


def watch(interval: float, metrics_port: int | None, *, data: Path | None) -> None:
    """Check the stored data at regular intervals until SIGINT or SIGTERM arrives."""
    with exit_on_errors(interrupted=0):
        settings = read_settings(data=data)
        metrics = VerificationMetrics((settings.host, metrics_port) if metrics_port else None)
        with database_url(settings) as url:
            run(repeat_checks(url, interval, metrics))


def create_user(email: str, name: str, password: str, role: str) -> None:
    """Create an account."""
    run_in_database(lambda _: accounts.create(Passwords(), name, email, password, Role(role)))
    say(f"{email} can sign in now.")


def promote_user(email: str, role: str) -> None:
    """Change the role of an account."""
    run_in_database(lambda ledger: change_account_of(email, UserChange(role=Role(role)), ledger))
    say(f"{email} is {role.lower()} now.")


def disable_user(email: str) -> None:
    """Disable an account, and end its sessions, waiting-list entries and holds."""
    run_in_database(lambda ledger: change_account_of(email, UserChange(disabled=True), ledger))
    say(f"{email} can no longer sign in.")


async def change_account_of(email: str, wanted: UserChange, ledger: Ledger) -> None:
    """Change the account with the given e-mail address.

    Running servers detect ended sessions themselves, and read calendar events from the event log.

    Raises:
        NoAccount: no account has the e-mail address.
        Refused: the change is not allowed.
    """
    user = await accounts.by_email(email)
    if user is None:
        raise NoAccount(f"No account has the address {email}.")
    await change_account(ledger, user.id, wanted, sessions.end_all)


def run_in_database(act: Callable[[Ledger], Awaitable[object]]) -> None:
    """Open the configured database, and call `act` with a ledger for its changes."""

    async def announce_nothing(_: Sequence[Event]) -> None:
        """Do nothing, because running servers read the events from the event log."""

    async def act_on(url: str, settings: Settings) -> None:
        async with open_database(url) as client:
            terms, lead_times = settings.offers, settings.lead_times
            ledger = Ledger(client, announce_nothing, offers=terms, lead_times=lead_times)
            async with ledger.open():
                [outcome] = await asyncio.gather(act(ledger), return_exceptions=True)
        # The error is raised here, because the ledger's task group would wrap it in an exception
        # group.
        if isinstance(outcome, BaseException):
            raise outcome

    with exit_on_errors():
        settings = read_settings()
        with database_url(settings) as url:
            run(act_on(url, settings))


async def fill(url: str, experts: int) -> Outcome:
    """Fill an empty database with sample data, with a progress bar."""
    async with open_database(url):
        with progress_bar("Sample experts") as progress:
            password_hash = await Passwords().hash(DEMO_PASSWORD)
            return await seed_database(
                experts=experts, now=utc_now(), password_hash=password_hash, progress=progress
            )


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on a terminal; yield its update function `(done, total)`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(label, visible=False)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield progress

"""Implementation of `expertbook serve`, kept apart from the other commands to save memory."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import TYPE_CHECKING

import typer

from models.accounts.users import Role
from models.database import open_database
from web.console import database_url, exit_on_errors, read_settings, run, say
from web.memory import use_one_arena
from web.samples.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, Outcome, seeding_outcome
from web.serving import end_with_parent, listening_socket, serve_on
from web.telemetry.logs import configure_logging
from web.workers import Workers, worker_environment

if TYPE_CHECKING:
    from pathlib import Path

    from web.settings import Settings

ROLE_NAMES = {Role.CLIENT: "Client", Role.EXPERT: "Expert", Role.ADMIN: "Administrator"}

log = logging.getLogger(__name__)


def serve(
    *,
    port: int | None,
    host: str | None,
    data: Path | None,
    workers: int | None,
    with_parent: bool,
) -> None:
    """Serve until SIGINT or SIGTERM, then exit with status 0."""
    with exit_on_errors(interrupted=0):
        use_one_arena()
        if with_parent or "UV" in os.environ:  # set by `uv run`
            end_with_parent()
        settings = read_settings(port=port, host=host, data=data, workers=workers)
        configure_logging(settings.effective_log_format, settings.log_level)
        if not settings.data.exists():
            # Check the port before creating the data folder. If the folder exists, the code below
            # checks the folder's lock first, so that a second start reports that ExpertBook is
            # running rather than that the port is in use.
            with listening_socket(settings):
                pass
        with (
            database_url(settings, settings.address) as url,
            listening_socket(settings) as listener,
        ):
            outcome = run(prepare(url, settings))
            demo = outcome in {Outcome.SEEDED, Outcome.ALREADY_SEEDED}

            def announce() -> None:
                if settings.effective_log_format == "json":
                    log.info("ExpertBook is ready at %s", settings.address)
                else:
                    say(announcement(settings, demo=demo))

            if settings.workers == 1:
                serve_on(listener, settings, url, announce)
            else:
                environment = worker_environment(settings, url)
                Workers(settings.workers, listener, environment).run(announce)


def sample_experts(settings: Settings) -> int:
    """Return the number of sample experts: none in production, because their password is public."""
    return 0 if settings.is_production else settings.experts


async def prepare(url: str, settings: Settings) -> Outcome | None:
    """Check and migrate the database; if it is empty, fill it with the configured sample data."""
    experts = sample_experts(settings)
    async with open_database(url, settings.lead_times):
        outcome = await seeding_outcome() if experts else None
    if outcome or not experts:
        return outcome
    from web.commands import fill  # noqa: PLC0415 - large; only needed by a first start

    return await fill(url, experts)


def announcement(settings: Settings, *, demo: bool) -> str:
    """Return the startup message: the URLs and, with sample data, the demo accounts."""
    bold = partial(typer.style, bold=True)
    address = settings.address
    lines = [f"\n{bold('ExpertBook')} is ready at {bold(address)}\n"]
    lines.append(f"  {'GraphiQL' if settings.shows_graphiql else 'API':15} {address}/graphql")
    lines.append(f"  Subscriptions   {address.replace('http', 'ws', 1)}/graphql")
    if demo:
        lines.append(f"\nTo try it, sign in with the password {bold(DEMO_PASSWORD)}\n")
        lines += [f"  {ROLE_NAMES[role]:15} {email}" for email, role in DEMO_ACCOUNTS]
    lines.append("\nStop it with Ctrl-C.")
    return "\n".join(lines)

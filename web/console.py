"""Helpers for the commands: read settings, open the database, turn errors into messages."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from pydantic import ValidationError

from models.errors import DatabaseError, InvalidInput, Refused
from web.embedded.database import NoDatabase, embedded_database
from web.serving import NotServed
from web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from pydantic_core import ErrorDetails

T = TypeVar("T")
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 128 + signal.SIGINT
"""Exit status of an interrupted command, as is conventional in shells."""


class NoAccount(Exception):
    """No account has the given e-mail address."""


class BadSetting(Exception):
    """A setting is invalid; the error message says what is expected."""


def say(line: str) -> None:
    """Print a line to stderr, with styles only on a terminal."""
    typer.echo(line, err=True)


def read_settings(**options: Any) -> Settings:
    """Return the settings from the environment, overridden by the command's options.

    Raises:
        BadSetting: a setting is invalid; the message lists every invalid one.
    """
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise BadSetting(" ".join(describe(problem) for problem in error.errors())) from error


@contextmanager
def database_url(settings: Settings, address: str = "") -> Iterator[str]:
    """Yield the URL of the configured database, or of an embedded one that runs within the context.

    Args:
        settings: contain the URL of the database, or the folder of the embedded database.
        address: the URL of this server. If a second server is started on the same folder, its error
            message shows this URL.

    Raises:
        NoDatabase: MONGODB_URL is missing in production, or the embedded database does not start.
    """
    if settings.mongodb_url is not None:
        yield settings.mongodb_url
        return
    if settings.is_production:
        raise NoDatabase("Set MONGODB_URL; the embedded database is not allowed in production.")
    with embedded_database(settings.data, address=address) as url:
        yield url


@contextmanager
def exit_on_errors(*, interrupted: int = INTERRUPTED) -> Iterator[None]:
    """Turn expected errors into a one-line message and exit status 1.

    Args:
        interrupted: the exit status after SIGINT or SIGTERM.
    """
    # SIGINT needs a handler, too, because a shell lets its background jobs ignore SIGINT.
    for ending in ENDING_SIGNALS:
        signal.signal(ending, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        for again in ENDING_SIGNALS:
            signal.signal(again, signal.SIG_IGN)
        say("Stopped.")
        raise typer.Exit(interrupted) from None
    except InvalidInput as error:
        message = "; ".join(f"{p.field}: {p.message}" for p in error.problems)
    except (BadSetting, NoAccount, NoDatabase, DatabaseError, NotServed, Refused) as error:
        message = str(error)
    else:
        return
    say(f"{typer.style('expertbook:', fg='red', bold=True)} {message}")
    raise typer.Exit(1)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, or until SIGINT or SIGTERM cancels it.

    Raises:
        KeyboardInterrupt: a signal cancelled the coroutine.
    """

    async def cancellable() -> T:
        # `asyncio.run` handles SIGINT only; SIGTERM would raise KeyboardInterrupt in any task.
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
        return await main

    try:
        return asyncio.run(cancellable())
    finally:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def describe(problem: ErrorDetails) -> str:
    """Return a message that names an invalid setting's variable, its value and what is expected."""
    if not problem["loc"]:
        return problem["msg"].removeprefix("Value error, ")
    field = str(problem["loc"][0]).removeprefix("EXPERTBOOK_").lower()
    setting = Settings.model_fields[field]
    default = "" if setting.default is None else f" (default {setting.default})"
    # Remove passwords, even from malformed URLs.
    given = re.sub(r"^(\w+:/*).*@", r"\1…@", str(problem["input"]), flags=re.DOTALL)
    given = re.sub(r"^(\w+:.*?\?).*", r"\1…", given, flags=re.DOTALL)
    return (
        f"EXPERTBOOK_{field.upper()}={given} is invalid. Expected: {setting.description}{default}."
    )

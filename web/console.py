"""What the commands share: settings, a database, and mistakes that end them with one line."""

from __future__ import annotations

import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from pydantic import ValidationError

from models.errors import DatabaseError, InvalidInput, Refused
from web.embedded.database import NoDatabase, embedded_database
from web.serving import NotServed
from web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 128 + signal.SIGINT
"""The exit status of what was stopped before it was done, as shells have it."""


class NoAccount(Exception):
    """There is no account with that address."""


class BadSetting(Exception):
    """A setting makes no sense; the text says what it should be."""


def say(line: str) -> None:
    """Tell whoever runs the command; styles are left out where it is no terminal."""
    typer.echo(line, err=True)


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
    # SIGINT too: a shell starts background jobs with it ignored, which is inherited.
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

"""The command line: `expertbook serve | seed | schema | user`."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from auth.passwords import Passwords
from models.database import open_database
from models.errors import DatabaseError, InvalidInput, Refused
from models.times import utc_now
from models.users import Role
from resolvers import users as accounts
from web.embedded import NoDatabase, embedded_database
from web.seed import DEMO_PASSWORD, Outcome
from web.seed import seed as seed_database
from web.serving import PortTaken, listening_socket, serve_on
from web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from pydantic_core import ErrorDetails

app = typer.Typer(
    name="expertbook",
    help="Expert-session booking: a GraphQL API with live subscriptions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
users = typer.Typer(help="Make and change accounts.", no_args_is_help=True)
app.add_typer(users, name="user")
console = Console(stderr=True, highlight=False, soft_wrap=True)

Port = Annotated[int | None, typer.Option(help="The port to listen on [EXPERTBOOK_PORT].")]
Host = Annotated[str | None, typer.Option(help="The address to listen on [EXPERTBOOK_HOST].")]
Data = Annotated[
    Path | None, typer.Option(help="Where the embedded database lives [EXPERTBOOK_DATA].")
]
Email = Annotated[str, typer.Argument(help="The account's e-mail address.")]


@app.command()
def serve(port: Port = None, host: Host = None, data: Data = None) -> None:
    """Serve the product, on an embedded database unless MONGODB_URL names one.

    The first start makes sample data. Settings are read from the environment and from .env;
    see .env.example.
    """
    with explained():
        settings = read_settings(port=port, host=host, data=data)
        # The data folder first: who has started twice is to hear of that, not of the port.
        with database_url(settings) as url, listening_socket(settings) as listener:
            if settings.experts and not settings.is_production:
                asyncio.run(fill(url, settings.experts))
            serve_on(listener, settings, url, console)


@app.command()
def seed(
    experts: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many experts.")] = 120,
    data: Data = None,
) -> None:
    """Fill an empty database with sample data: experts, accounts and bookings."""
    with explained():
        settings = read_settings(data=data)
        if settings.is_production:
            raise NoDatabase("Sample data have well-known passwords: not in production.")
        with database_url(settings) as url:
            outcome = asyncio.run(fill(url, experts))
        console.print(OUTCOMES[outcome])


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from schema.root import schema as schema_  # noqa: PLC0415 - half a second, only where needed

    typer.echo(schema_.as_str())


@users.command("create")
def create_user(
    email: Email,
    name: Annotated[str, typer.Option(prompt=True, help="The full name.")],
    password: Annotated[
        str,
        typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="The password."),
    ],
    role: Annotated[Role, typer.Option(help="What the account is for.")] = Role.CLIENT,
) -> None:
    """Make an account."""
    run(lambda: accounts.create(Passwords(), name, email, password, role))
    console.print(f"{email} can sign in now.")


@users.command("promote")
def promote_user(
    email: Email,
    role: Annotated[Role, typer.Option(help="What the account is to be for.")] = Role.ADMIN,
) -> None:
    """Give an account another role."""
    run(lambda: accounts.promote(email, role))
    console.print(f"{email} is {role.value.lower()} now.")


@users.command("disable")
def disable_user(email: Email) -> None:
    """Keep an account from signing in."""
    run(lambda: accounts.disable(email))
    console.print(f"{email} can no longer sign in.")


OUTCOMES = {
    Outcome.FILLED: "The sample data are there.",
    Outcome.FILLED_BEFORE: "The sample data were there already; nothing was changed.",
    Outcome.HAS_ITS_OWN: "The database has data of its own; nothing was changed.",
}


async def fill(url: str, experts: int) -> Outcome:
    """Fill the database with sample data, once, and draw how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with open_database(url):
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("Sample experts", total=experts, visible=False)

            def progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total, visible=True)

            password_hash = await Passwords().hash(DEMO_PASSWORD)
            return await seed_database(
                experts=experts, now=utc_now(), password_hash=password_hash, progress=progress
            )


def run(change: Callable[[], Awaitable[object]]) -> None:
    """Make a change in the database that the settings name."""

    async def in_database(url: str) -> None:
        async with open_database(url):
            await change()

    with explained(), database_url(read_settings()) as url:
        asyncio.run(in_database(url))


def read_settings(**options: Any) -> Settings:
    """The settings of the environment, with the command's options over them."""
    return Settings(**{name: value for name, value in options.items() if value is not None})


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Where the database is: as set, or an embedded one for as long as the context lasts."""
    if settings.mongodb_url is not None:
        yield settings.mongodb_url
        return
    if settings.is_production:
        raise NoDatabase("Set MONGODB_URL: in production the database is one of its own.")
    with embedded_database(settings.data, address=settings.address) as url:
        yield url


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a person can mend into one line and exit status 1."""
    try:
        yield
    except ValidationError as error:
        message = "; ".join(explain(problem) for problem in error.errors())
    except InvalidInput as error:
        message = "; ".join(f"{p.field}: {p.message}" for p in error.problems)
    except (NoDatabase, DatabaseError, PortTaken, Refused, RuntimeError) as error:
        message = str(error)
    else:
        return
    console.print(f"[bold red]expertbook:[/bold red] {escape(message)}")
    raise typer.Exit(1)


def explain(problem: ErrorDetails) -> str:
    """One setting's problem: its name in the environment, and what is wrong."""
    name = str(problem["loc"][0]) if problem["loc"] else ""
    message = problem["msg"].removeprefix("Value error, ")
    if not name:
        return message
    prefix = "" if name.isupper() else "EXPERTBOOK_"
    return f"{prefix}{name.upper()}={problem['input']}: {message}"

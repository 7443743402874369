"""The command line: `serve` is done by web/launch.py, the other commands by web/commands.py."""
# ruff: noqa: PLC0415 - a command imports its work when it runs, so that help comes at once

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    name="expertbook",
    help="Expert-session booking: a GraphQL API with live subscriptions.",
    epilog="Settings come from the environment and .env; see .env.example.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
users = typer.Typer(help="Make and change accounts.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(users, name="user")

Port = Annotated[
    int | None, typer.Option(metavar="PORT", help="The port to listen on, for EXPERTBOOK_PORT.")
]
Host = Annotated[
    str | None, typer.Option(metavar="HOST", help="The address to listen on, for EXPERTBOOK_HOST.")
]
Data = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="The embedded database's folder, for EXPERTBOOK_DATA."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        metavar="NUMBER",
        help="How many processes serve, for EXPERTBOOK_WORKERS.",
    ),
]
WithParent = Annotated[
    bool,
    typer.Option(
        "--with-parent",
        help="Stop when the program that started this one ends, as under `uv run`.",
    ),
]
Experts = Annotated[
    int, typer.Option(min=1, max=1_000_000, metavar="NUMBER", help="How many experts.")
]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's e-mail address.")]
Name = Annotated[
    str, typer.Option(prompt=True, metavar="NAME", help="The full name; asked for if left out.")
]
Password = Annotated[
    str,
    typer.Option(
        prompt=True,
        hide_input=True,
        confirmation_prompt=True,
        metavar="PASSWORD",
        help="The password; asked for if left out.",
    ),
]
RoleName = Annotated[
    Literal["CLIENT", "EXPERT", "ADMIN"],
    typer.Option(metavar="ROLE", case_sensitive=False, help="CLIENT, EXPERT or ADMIN."),
]


@app.command()
def serve(
    port: Port = None,
    host: Host = None,
    data: Data = None,
    workers: Workers = None,
    *,
    with_parent: WithParent = False,
) -> None:
    """Serve the product.

    The database is the one that MONGODB_URL names, or else one of the program's own. An empty
    one is filled with sample data.
    """
    from web import launch

    launch.serve(port=port, host=host, data=data, workers=workers, with_parent=with_parent)


@app.command()
def seed(experts: Experts = 120, data: Data = None) -> None:
    """Fill an empty database with sample data.

    What is there already is never changed.
    """
    from web import commands

    commands.seed(experts, data=data)


@app.command()
def verify(data: Data = None) -> None:
    """Look for what must not be: overlaps, holes, orphans.

    Only reads, also while the product is served on the same MONGODB_URL. The exit status is 1
    if something is found.
    """
    from web import commands

    commands.verify(data=data)


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from schema.root import schema as schema_

    typer.echo(schema_.as_str())


@users.command("create")
def create_user(email: Email, name: Name, password: Password, role: RoleName = "CLIENT") -> None:
    """Make an account."""
    from web import commands

    commands.create_user(email, name, password, role)


@users.command("promote")
def promote_user(email: Email, role: RoleName = "ADMIN") -> None:
    """Give an account another role."""
    from web import commands

    commands.promote_user(email, role)


@users.command("disable")
def disable_user(email: Email) -> None:
    """Keep an account from signing in."""
    from web import commands

    commands.disable_user(email)

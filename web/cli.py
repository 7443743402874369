"""Command-line interface; `serve` is implemented in web/launch.py, the rest in web/commands.py."""
# ruff: noqa: PLC0415 - commands import their implementation when they run, so that --help is fast

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
users = typer.Typer(help="Create and change accounts.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(users, name="user")

Port = Annotated[
    int | None, typer.Option(metavar="PORT", help="Port to listen on; overrides EXPERTBOOK_PORT.")
]
Host = Annotated[
    str | None,
    typer.Option(metavar="HOST", help="Network address to listen on; overrides EXPERTBOOK_HOST."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Folder of the embedded database; overrides EXPERTBOOK_DATA."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        metavar="NUMBER",
        help="Number of worker processes; overrides EXPERTBOOK_WORKERS.",
    ),
]
WithParent = Annotated[
    bool,
    typer.Option(
        "--with-parent",
        help="Stop when the parent process ends; always on under `uv run`.",
    ),
]
Experts = Annotated[
    int, typer.Option(min=1, max=1_000_000, metavar="NUMBER", help="Number of sample experts.")
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Check repeatedly until stopped; the exit status is then 0."),
]
Repair = Annotated[
    bool,
    typer.Option(
        "--repair", help="Make all processes rebuild their in-memory indexes of the directory."
    ),
]
Interval = Annotated[
    float, typer.Option(min=0.1, metavar="SECONDS", help="Pause between two checks with --watch.")
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65_535,
        metavar="PORT",
        help="Port on EXPERTBOOK_HOST that serves the results of --watch as metrics.",
    ),
]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's e-mail address.")]
Name = Annotated[
    str, typer.Option(prompt=True, metavar="NAME", help="Full name; prompted for if omitted.")
]
PasswordFile = Annotated[
    typer.FileText | None,
    typer.Option(
        metavar="FILE",
        help="File whose first line is the password, or - for standard input; prompted for if "
        "omitted.",
    ),
]
Password = Annotated[str | None, typer.Option(hidden=True)]
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
    """Start the server.

    Without MONGODB_URL, an embedded database is started as well. An empty database is filled
    with sample data, except in production.
    """
    from web import launch

    launch.serve(port=port, host=host, data=data, workers=workers, with_parent=with_parent)


@app.command()
def seed(experts: Experts = 120, data: Data = None) -> None:
    """Fill an empty database with sample data.

    Existing data is never changed.
    """
    from web import commands

    commands.seed(experts, data=data)


@app.command()
def verify(
    data: Data = None,
    interval: Interval = 600,
    metrics_port: MetricsPort = None,
    *,
    watch: Watch = False,
    repair: Repair = False,
) -> None:
    """Check the stored data for overlaps, gaps and orphans.

    Safe to run while a server uses the same MONGODB_URL; read-only without --repair. The exit
    status is 1 if a problem is found.
    """
    from web import commands

    if watch and repair:
        raise typer.BadParameter("does not go with --watch", param_hint="--repair")
    if watch:
        commands.watch(interval, metrics_port, data=data)
    elif metrics_port is not None:
        raise typer.BadParameter("needs --watch", param_hint="--metrics-port")
    else:
        commands.verify(repair=repair, data=data)


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from schema.root import schema as schema_

    typer.echo(schema_.as_str())


@users.command("create")
def create_user(
    email: Email,
    name: Name,
    password_file: PasswordFile = None,
    password: Password = None,
    role: RoleName = "CLIENT",
) -> None:
    """Create an account."""
    from web import commands

    if password is not None:
        raise typer.BadParameter(
            "Arguments are visible to every user of this machine. Omit it to be asked, or use "
            "--password-file FILE, with - for standard input.",
            param_hint="--password",
        )
    if password_file is None:
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        given = password_file.readline().rstrip("\r\n")
    commands.create_user(email, name, given, role)


@users.command("promote")
def promote_user(email: Email, role: RoleName = "ADMIN") -> None:
    """Change the role of an account."""
    from web import commands

    commands.promote_user(email, role)


@users.command("disable")
def disable_user(email: Email) -> None:
    """Disable an account and end its sessions."""
    from web import commands

    commands.disable_user(email)

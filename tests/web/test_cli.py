"""The command-line interface, run as a subprocess: output, effects and error messages."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import bson
import pytest
from pymongo import MongoClient

from tests.support.clients import Api
from tests.support.command_line import command
from tests.support.databases import renamed, run_database
from tests.support.repository import ROOT
from tests.support.servers import EXPERTBOOK, await_ready, environment, free_port, start_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

SECRET = "0123456789abcdef0123456789abcdef"
PASSWORD = "correct horse battery"

LOGIN = """
mutation Login($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) { __typename }
}"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a running database server, with `{}` in place of the database name."""
    with run_database(tmp_path_factory.mktemp("server")) as url:
        yield renamed(url, "cli-{}")


def refused(line: str) -> tuple[int, str, str]:
    """Return the expected result of a command that fails with the given message."""
    return 1, "", f"expertbook: {line}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["serve", "Start the server.", "seed", "schema", "user", ".env.example"]),
        (("serve",), ["MONGODB_URL", "--port PORT", "EXPERTBOOK_PORT", "--host", "--data"]),
        (("seed",), ["--experts NUMBER", "120"]),
        (("schema",), ["Print the GraphQL schema."]),
        (("user",), ["create", "promote", "disable"]),
        (("user", "create"), ["EMAIL", "--name", "--password-file", "CLIENT, EXPERT or ADMIN"]),
        (("user", "promote"), ["EMAIL", "--role"]),
        (("user", "disable"), ["EMAIL"]),
    ],
)
def test_help_is_plain_text_and_names_all_options(
    tmp_path: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    """The help text fits into 80 columns."""
    status, text, errors = command(tmp_path, *arguments, "--help")
    assert (status, errors) == (0, "")
    assert [word for word in words if word not in text] == []
    assert re.findall(r"[^\x20-\x7e\n]|\[/?dim\]|.{81,}|\w\.\.\.", text) == []


def test_without_a_command_help_is_shown(tmp_path: Path) -> None:
    _, help_, _ = command(tmp_path, "--help")
    _, output, errors = command(tmp_path)
    assert output + errors == help_


def test_help_imports_no_heavy_packages(tmp_path: Path) -> None:
    completed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-X", "importtime", EXPERTBOOK, "serve", "--help"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(re.findall(r"([\w.]+)$", completed.stderr, re.MULTILINE))
    heavy = {"beanie", "fastapi", "pydantic_settings", "pymongo", "strawberry", "uvicorn"}
    assert "typer" in imported
    assert imported & heavy == set()


def test_schema_prints_the_committed_schema(tmp_path: Path) -> None:
    printed = (ROOT / "schema" / "schema.graphql").read_text()
    assert command(tmp_path, "schema") == (0, printed.rstrip("\n") + "\n", "")


def test_all_invalid_settings_are_reported_together(tmp_path: Path) -> None:
    """The report is one line with the expected values, without passwords. No file is created."""
    variables = {
        "PORT": "abc",
        "EXPERTBOOK_ENVIRONMENT": "prod",
        "EXPERTBOOK_CURRENCY": "euro",
        "EXPERTBOOK_BROADCAST_URL": "kafka://me:mine@x",
    }
    assert command(tmp_path, "serve", **variables) == refused(
        "EXPERTBOOK_CURRENCY=euro is invalid. Expected: the currency of all prices, three capital "
        "letters (ISO 4217) (default EUR). "
        "EXPERTBOOK_ENVIRONMENT=prod is invalid. Expected: development or production; production "
        "requires EXPERTBOOK_SECRET, MONGODB_URL and EXPERTBOOK_SMTP_URL (default development). "
        "EXPERTBOOK_PORT=abc is invalid. Expected: the port to listen on, 1 to 65535 (default "
        "8000). "
        "EXPERTBOOK_BROADCAST_URL=kafka://…@x is invalid. Expected: the broadcast backend for "
        "events between processes: redis://HOST:PORT, mongodb:// (the database's change stream) or "
        "memory:// (a single process); the default is memory:// for one process on the embedded "
        "database, otherwise mongodb://."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://me:mine@x:port", "redis://…@x:port"),
        ("redis:/me:mine@x", "redis:/…@x"),
        ("redis://x:port?password=mine&db=1", "redis://x:port?…"),
        ("kafka://x:1/topic", "kafka://x:1/topic"),
        ("mongodb://me:mine@x/book?password=mine", "mongodb://…@x/book?…"),
    ],
)
def test_invalid_url_is_reported_without_its_password(tmp_path: Path, url: str, shown: str) -> None:
    status, output, errors = command(tmp_path, "serve", EXPERTBOOK_BROADCAST_URL=url)
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert errors.startswith(f"expertbook: EXPERTBOOK_BROADCAST_URL={shown} is invalid. ")
    assert "mine" not in errors


NO_DATABASE = "Set MONGODB_URL; the embedded database is not allowed in production."
NO_SUCH_HOST = (
    "Cannot listen on 192.0.2.1:{port} (Cannot assign requested address). Correct EXPERTBOOK_HOST "
    "or EXPERTBOOK_PORT."
)
NO_SUCH_SCHEME = (
    "MONGODB_URL is not a connection string: Invalid URI scheme: URI must begin with "
    "'mongodb://' or 'mongodb+srv://'"
)


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"EXPERTBOOK_ENVIRONMENT": "production", "JWT_SECRET": SECRET}, NO_DATABASE),
        ({"EXPERTBOOK_HOST": "192.0.2.1"}, NO_SUCH_HOST),
        ({"MONGODB_URL": "http://localhost"}, NO_SUCH_SCHEME),
    ],
)
def test_misconfiguration_is_reported_in_one_line(
    tmp_path: Path, variables: dict[str, str], line: str
) -> None:
    """The message says what to do, and no file is created."""
    port = free_port()
    result = command(tmp_path, "serve", PORT=str(port), **variables)
    assert result == refused(line.format(port=port))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", ["", SECRET[1:]])
def test_production_without_a_long_secret_suggests_one(tmp_path: Path, secret: str) -> None:
    variables = {"EXPERTBOOK_ENVIRONMENT": "production", "JWT_SECRET": secret}
    status, output, errors = command(tmp_path, "serve", **variables)
    assert (status, output) == (1, "")
    assert re.fullmatch(
        r"expertbook: EXPERTBOOK_SECRET must have at least 32 bytes in production, "
        r"such as [\w-]{43}\n",
        errors,
    )
    assert list(tmp_path.iterdir()) == []


def test_seed_is_refused_in_production(tmp_path: Path) -> None:
    variables = {"EXPERTBOOK_ENVIRONMENT": "production", "JWT_SECRET": SECRET}
    assert command(tmp_path, "seed", **variables) == refused(
        "Sample accounts have a public password; they are not allowed in production."
    )


def test_unreachable_database_is_reported_without_its_password(tmp_path: Path) -> None:
    with socket.socket() as silent:  # bound, so that no other process can listen on the port
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        url = f"mongodb://me:mine@127.0.0.1:{port}/expertbook"
        result = command(tmp_path, "serve", MONGO_URI=url, PORT=str(free_port()))
    assert result == refused(
        f"No database answers at 127.0.0.1:{port}. Start it, correct MONGODB_URL, or unset it to "
        "use the embedded one."
    )
    assert list(tmp_path.iterdir()) == []


class Standalone(socketserver.StreamRequestHandler):
    """Server that replies to every command as a standalone mongod replies to `hello`."""

    def handle(self) -> None:
        """Reply to the first `hello` with OP_REPLY, and to later commands with OP_MSG."""
        hello = {"ok": 1, "isWritablePrimary": True, "minWireVersion": 0, "maxWireVersion": 25}
        document = bson.encode(hello)
        while head := self.rfile.read(16):
            length, request, _, operation = struct.unpack("<4i", head)
            self.rfile.read(length - 16)
            if operation == 2013:
                code, body = 2013, bytes(5) + document
            else:
                code, body = 1, struct.pack("<iqii", 8, 0, 0, 1) + document
            self.wfile.write(struct.pack("<4i", 16 + len(body), 1, request, code) + body)


def test_standalone_mongod_is_refused_with_instructions(tmp_path: Path) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Standalone) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"mongodb://127.0.0.1:{server.server_address[1]}"
        result = command(tmp_path, "serve", MONGODB_URL=url, PORT=str(free_port()))
        server.shutdown()
    assert result == refused(
        "This mongod is a standalone server, which has no transactions. Start it with "
        '--replSet rs0 and run once: mongosh --eval "rs.initiate()"'
    )
    assert list(tmp_path.iterdir()) == []


def test_duplicates_that_violate_a_unique_index_are_reported(tmp_path: Path, database: str) -> None:
    """The report names the index, the value and the documents that share the value.

    Without duplicates, the command succeeds.
    """
    url = database.format("broken")
    ada, eve = bson.ObjectId(), bson.ObjectId()
    account: dict[str, Any] = {"name": "Ada", "email_key": "ada@example.com", "password_hash": "!"}
    account |= {"email": "Ada@example.com", "created_at": datetime.now(UTC)}
    expert, early, late, past = (bson.ObjectId() for _ in range(4))
    with MongoClient[dict[str, Any]](url) as client:
        stored = client.get_default_database()
        users, bookings = stored.users, stored.bookings
        users.insert_many([{"_id": ada} | account, {"_id": eve} | account])
        disable = ("user", "disable", "ada@example.com")
        assert command(tmp_path, *disable, MONGODB_URL=url) == refused(
            f"The documents {ada} and {eve} of the collection users share email_key "
            "ada@example.com, but the index one_account_per_email is unique. Remove "
            "or correct all but one, then start again."
        )
        assert users.count_documents({}) == 2
        users.delete_one({"_id": eve})
        times = [(early, [1, 2], True), (past, [2], False), (late, [2, 3], True)]
        bookings.insert_many(
            {"_id": id_, "expert_id": expert, "cells": cells, "active": active}
            for id_, cells, active in times
        )
        assert command(tmp_path, *disable, MONGODB_URL=url) == refused(
            f"The documents {early} and {late} of the collection bookings share expert_id "
            f"{expert}, cells 2, but the index one_booking_per_cell is unique. Remove "
            "or correct all but one, then start again."
        )
        bookings.delete_many({})
    result = command(tmp_path, *disable, MONGODB_URL=url)
    assert result == (0, "", "ada@example.com can no longer sign in.\n")


def test_seed_fills_an_empty_database_once(tmp_path: Path, database: str) -> None:
    url = database.format("seeded")
    seed = ("seed", "--experts", "50")
    completed = command(tmp_path, *seed, MONGODB_URL=url)
    assert completed == (0, "", "Sample data was created.\n")
    again = command(tmp_path, *seed, MONGODB_URL=url)
    assert again == (0, "", "Sample data already exists; nothing was changed.\n")
    with MongoClient[dict[str, Any]](url) as client:
        assert client.get_default_database().experts.count_documents({}) == 50


async def test_accounts_are_created_and_disabled_while_a_server_runs(
    tmp_path: Path, database: str, http: httpx.AsyncClient
) -> None:
    """A database that already has accounts gets no sample data."""
    url = database.format("accounts")

    def user(*arguments: str) -> tuple[int, str, str]:
        return command(tmp_path, "user", *arguments, typed=f"{PASSWORD}\n", MONGODB_URL=url)

    create = ("create", "Grace@example.com", "--name", "Grace Hopper", "--password-file", "-")
    assert user(*create) == (0, "", "Grace@example.com can sign in now.\n")
    assert user(*create) == refused(
        "This e-mail is already registered. Sign in, or reset your password."
    )
    with start_program(tmp_path, mongodb_url=url) as program:
        await_ready(program.process, program.address)
        api = Api(http, program.address)
        grace = {"email": "grace@EXAMPLE.com", "password": PASSWORD}
        assert (await api.ask(LOGIN, **grace))["login"]["__typename"] == "SignedIn"
        disabled = user("disable", "grace@example.com")
        assert disabled == (0, "", "grace@example.com can no longer sign in.\n")
        assert (await api.ask(LOGIN, **grace))["login"]["__typename"] == "WrongCredentials"
        assert user("promote", grace["email"]) == (0, "", "grace@EXAMPLE.com is admin now.\n")
    assert "client@example.com" not in program.output()
    with MongoClient[dict[str, Any]](url) as client:
        stored = client.get_default_database()
        assert [user["role"] for user in stored.users.find()] == ["ADMIN"]
        assert stored.experts.count_documents({}) == 0


def test_password_in_an_argument_is_refused_with_a_hint(tmp_path: Path, database: str) -> None:
    """All users of a machine can see the command-line arguments of running programs."""
    create = ("user", "create", "grace@example.com", "--name", "Grace", "--password", PASSWORD)
    status, output, errors = command(tmp_path, *create, MONGODB_URL=database.format("hint"))
    assert (status, output) == (2, "")
    assert "--password-file FILE" in errors
    assert PASSWORD not in errors


def test_invalid_account_is_refused_with_every_problem(tmp_path: Path, database: str) -> None:
    url = database.format("nonsense")
    (tmp_path / "password").write_text("short\n")
    create = ("user", "create", "nobody", "--name", " ", "--password-file", "password")
    status, output, errors = command(tmp_path, *create, MONGODB_URL=url)
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert re.match(r"expertbook: name: .+; email: .+; password: .+\n", errors)
    assert command(tmp_path, "user", "promote", "nobody", MONGODB_URL=url) == refused(
        "No account has the address nobody."
    )

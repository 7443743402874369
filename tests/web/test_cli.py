"""The command line: what it says, what it makes and what it refuses; the real program."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bson
import pytest
from pymongo import MongoClient

from tests.clients import Api
from tests.servers import EXPERTBOOK, await_ready, environment, free_port, launched
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef0123456789abcdef"
PASSWORD = "correct horse battery"
COMMAND_SECONDS = 300
"""Ends a command that hangs; on a busy machine one may take a minute."""

LOGIN = """
mutation Login($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) { __typename }
}"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database server that is no program's own; gives its URL with a gap for a name."""
    with embedded_database(tmp_path_factory.mktemp("server")) as url:
        yield url.replace("/expertbook", "/{}")


def command(folder: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """Run the program to its end; gives the exit status, the output and the errors."""
    done = subprocess.run(  # noqa: S603 - our own program
        [EXPERTBOOK, *arguments],
        cwd=folder,
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def refused(line: str) -> tuple[int, str, str]:
    """What a command gives that a person can mend."""
    return 1, "", f"expertbook: {line}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["serve", "Serve the product.", "seed", "schema", "user", ".env.example"]),
        (("serve",), ["MONGODB_URL", "--port PORT", "EXPERTBOOK_PORT", "--host", "--data"]),
        (("seed",), ["--experts NUMBER", "120"]),
        (("schema",), ["Print the GraphQL schema."]),
        (("user",), ["create", "promote", "disable"]),
        (("user", "create"), ["EMAIL", "--name", "--password", "CLIENT, EXPERT or ADMIN"]),
        (("user", "promote"), ["EMAIL", "--role"]),
        (("user", "disable"), ["EMAIL"]),
    ],
)
def test_help_reads_well(tmp_path: Path, arguments: tuple[str, ...], words: list[str]) -> None:
    """Plain text, within 80 columns, that names what can be given."""
    status, text, errors = command(tmp_path, *arguments, "--help")
    assert (status, errors) == (0, "")
    assert [word for word in words if word not in text] == []
    assert re.findall(r"[^\x20-\x7e\n]|\[/?dim\]|.{81,}|\w\.\.\.", text) == []


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    _, help_, _ = command(tmp_path, "--help")
    _, output, errors = command(tmp_path)
    assert output + errors == help_


def test_help_comes_at_once(tmp_path: Path) -> None:
    """None of the heavy packages is imported for it."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-X", "importtime", EXPERTBOOK, "serve", "--help"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(re.findall(r"([\w.]+)$", done.stderr, re.MULTILINE))
    heavy = {"beanie", "fastapi", "pydantic_settings", "pymongo", "strawberry", "uvicorn"}
    assert "typer" in imported
    assert imported & heavy == set()


def test_schema_prints_the_committed_schema(tmp_path: Path) -> None:
    printed = (ROOT / "schema" / "schema.graphql").read_text()
    assert command(tmp_path, "schema") == (0, printed.rstrip("\n") + "\n", "")


def test_bad_settings_are_told_together(tmp_path: Path) -> None:
    """In one line with what each should be and without passwords; nothing is made."""
    variables = {
        "PORT": "abc",
        "EXPERTBOOK_ENVIRONMENT": "prod",
        "EXPERTBOOK_CURRENCY": "euro",
        "EXPERTBOOK_BROADCAST_URL": "kafka://me:mine@x",
    }
    assert command(tmp_path, "serve", **variables) == refused(
        "EXPERTBOOK_ENVIRONMENT=prod makes no sense: set it to development or production, which "
        "needs a secret and a MONGODB_URL (default development). "
        "EXPERTBOOK_PORT=abc makes no sense: set it to the port to listen on, 1 to 65535 (default "
        "8000). "
        "EXPERTBOOK_BROADCAST_URL=kafka://…@x makes no sense: set it to what carries events "
        "between processes: redis://HOST:PORT, mongodb:// (the change stream of the database) or "
        "memory:// (one process); by default memory:// for one process on the embedded database, "
        "else mongodb://. "
        "EXPERTBOOK_CURRENCY=euro makes no sense: set it to the currency of all prices, three "
        "capital letters (ISO 4217) (default EUR)."
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
def test_a_bad_url_is_told_without_its_password(tmp_path: Path, url: str, shown: str) -> None:
    status, output, errors = command(tmp_path, "serve", EXPERTBOOK_BROADCAST_URL=url)
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert errors.startswith(f"expertbook: EXPERTBOOK_BROADCAST_URL={shown} makes no sense: ")
    assert "mine" not in errors


NO_DATABASE = "Set MONGODB_URL: in production the database is one of its own."
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
def test_a_mistake_gets_one_line(tmp_path: Path, variables: dict[str, str], line: str) -> None:
    """It says what to do, and nothing is made."""
    port = free_port()
    said = command(tmp_path, "serve", PORT=str(port), **variables)
    assert said == refused(line.format(port=port))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", ["", SECRET[1:]])
def test_production_proposes_a_secret(tmp_path: Path, secret: str) -> None:
    """Where there is none, or too short a one."""
    variables = {"EXPERTBOOK_ENVIRONMENT": "production", "JWT_SECRET": secret}
    status, output, errors = command(tmp_path, "serve", **variables)
    assert (status, output) == (1, "")
    assert re.fullmatch(
        r"expertbook: EXPERTBOOK_SECRET must have at least 32 bytes in production, "
        r"such as [\w-]{43}\n",
        errors,
    )
    assert list(tmp_path.iterdir()) == []


def test_production_has_no_sample_data(tmp_path: Path) -> None:
    variables = {"EXPERTBOOK_ENVIRONMENT": "production", "JWT_SECRET": SECRET}
    assert command(tmp_path, "seed", **variables) == refused(
        "Sample data have well-known passwords: not in production."
    )


def test_a_database_that_does_not_answer_is_told_by_name(tmp_path: Path) -> None:
    """By its address, without the password."""
    with socket.socket() as silent:  # bound, so that no other process listens there meanwhile
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        url = f"mongodb://me:mine@127.0.0.1:{port}/expertbook"
        said = command(tmp_path, "serve", MONGO_URI=url, PORT=str(free_port()))
    assert said == refused(
        f"No database answers at 127.0.0.1:{port}. Start it, correct MONGODB_URL, or unset it to "
        "use the embedded one."
    )
    assert list(tmp_path.iterdir()) == []


class Standalone(socketserver.StreamRequestHandler):
    """Answers every command as a mongod of no replica set says hello."""

    def handle(self) -> None:
        """Speak OP_QUERY and OP_REPLY for the first hello, OP_MSG from then on."""
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


def test_a_standalone_server_is_refused(tmp_path: Path) -> None:
    """With the lines that turn it into a replica set of one."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Standalone) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"mongodb://127.0.0.1:{server.server_address[1]}"
        said = command(tmp_path, "serve", MONGODB_URL=url, PORT=str(free_port()))
        server.shutdown()
    assert said == refused(
        "This mongod is a standalone server, which has no transactions. Start it with "
        '--replSet rs0 and run once: mongosh --eval "rs.initiate()"'
    )
    assert list(tmp_path.iterdir()) == []


def test_data_that_break_an_index_are_named(tmp_path: Path, database: str) -> None:
    """The index, the value and the documents; the start after one is gone succeeds."""
    url = database.format("broken")
    ada, eve = bson.ObjectId(), bson.ObjectId()
    account: dict[str, Any] = {"name": "Ada", "email_key": "ada@example.com", "password_hash": "!"}
    account |= {"email": "Ada@example.com", "created_at": datetime.now(UTC)}
    expert, early, late, past = (bson.ObjectId() for _ in range(4))
    with MongoClient[dict[str, Any]](url) as client:
        users, bookings = client.broken.users, client.broken.bookings
        users.insert_many([{"_id": ada} | account, {"_id": eve} | account])
        disable = ("user", "disable", "ada@example.com")
        assert command(tmp_path, *disable, MONGODB_URL=url) == refused(
            f"The documents {ada} and {eve} of the collection users share email_key "
            "ada@example.com, which the index one_account_per_email allows to one alone. Remove "
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
            f"{expert}, cells 2, which the index one_booking_per_cell allows to one alone. Remove "
            "or correct all but one, then start again."
        )
        bookings.delete_many({})
    said = command(tmp_path, *disable, MONGODB_URL=url)
    assert said == (0, "", "ada@example.com can no longer sign in.\n")


def test_seed_fills_an_empty_database_once(tmp_path: Path, database: str) -> None:
    """And leaves alone one that is filled, or has data of its own."""
    url = database.format("seeded")
    seed = ("seed", "--experts", "50")
    done = command(tmp_path, *seed, MONGODB_URL=url)
    assert done == (0, "", "The sample data are there.\n")
    again = command(tmp_path, *seed, MONGODB_URL=url)
    assert again == (0, "", "The sample data were there already; nothing was changed.\n")
    with MongoClient[dict[str, Any]](url) as client:
        assert client.seeded.experts.count_documents({}) == 50


async def test_accounts_are_made_and_disabled(
    tmp_path: Path, database: str, http: httpx.AsyncClient
) -> None:
    """While the product is served; a database with accounts of its own gets no sample data."""
    url = database.format("accounts")

    def user(*arguments: str) -> tuple[int, str, str]:
        return command(tmp_path, "user", *arguments, MONGODB_URL=url)

    create = ("create", "Grace@example.com", "--name", "Grace Hopper", "--password", PASSWORD)
    assert user(*create) == (0, "", "Grace@example.com can sign in now.\n")
    assert user(*create) == refused(
        "This e-mail is already registered. Sign in, or reset your password."
    )
    with launched(tmp_path, mongodb_url=url) as program:
        await_ready(program.process, program.address)
        api = Api(http, program.address)
        grace = {"email": "grace@EXAMPLE.com", "password": PASSWORD}
        assert (await api.ask(LOGIN, **grace))["login"]["__typename"] == "SignedIn"
        disabled = user("disable", "grace@example.com")
        assert disabled == (0, "", "grace@example.com can no longer sign in.\n")
        assert (await api.ask(LOGIN, **grace))["login"]["__typename"] == "WrongCredentials"
        assert user("promote", grace["email"]) == (0, "", "grace@EXAMPLE.com is admin now.\n")
    assert "client@example.com" not in program.said()
    with MongoClient[dict[str, Any]](url) as client:
        assert [user["role"] for user in client.accounts.users.find()] == ["ADMIN"]
        assert client.accounts.experts.count_documents({}) == 0


def test_nonsense_accounts_are_refused(tmp_path: Path, database: str) -> None:
    """In one line with every problem."""
    url = database.format("nonsense")
    create = ("user", "create", "nobody", "--name", " ", "--password", "short")
    status, output, errors = command(tmp_path, *create, MONGODB_URL=url)
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert re.match(r"expertbook: name: .+; email: .+; password: .+\n", errors)
    assert command(tmp_path, "user", "promote", "nobody", MONGODB_URL=url) == refused(
        "No account has the address nobody."
    )

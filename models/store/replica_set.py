"""Functions to initiate a single-member replica set, and to wait until it has a primary."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

NOT_YET_INITIALIZED = 94  # MongoDB's code for a `--replSet` server without a configuration
PAUSE_SECONDS = 0.02

Client = MongoClient[dict[str, Any]]


def is_standalone(hello: Mapping[str, Any]) -> bool:
    """Return whether a `hello` reply comes from neither a replica set member nor a `mongos`."""
    return "setName" not in hello and hello.get("msg") != "isdbgrid"


def await_primary(host: str, *, seconds: float) -> None:
    """Wait until the server at `host` (`address:port`) accepts writes.

    Raises:
        ConnectionError: if the server does not accept writes within `seconds`.
    """
    with _connected(host, seconds) as client:
        _await_primary(client, host, seconds)


def initiate(host: str, name: str, *, seconds: float) -> None:
    """Initiate a single-member replica set and wait until it accepts writes.

    If the replica set already exists, only its member's network address is updated. Otherwise,
    after a change of port, the member would not find its own address in the configuration, and
    would refuse to serve.

    Args:
        host: `address:port` of a `mongod --replSet NAME`.
        name: name of the replica set.
        seconds: maximum time to wait.

    Raises:
        ConnectionError: if the server does not accept writes within `seconds`.
    """
    with _connected(host, seconds) as client:
        _configure(client, host, name)
        _await_primary(client, host, seconds)


@contextlib.contextmanager
def _connected(host: str, seconds: float) -> Iterator[Client]:
    # Connect directly, because the server does not belong to a replica set before initiation.
    milliseconds = int(seconds * 1000)
    client: Client = MongoClient(
        host, directConnection=True, serverSelectionTimeoutMS=milliseconds, timeoutMS=milliseconds
    )
    try:
        with client:
            yield client
    except PyMongoError as refusal:
        raise ConnectionError(f"The database at {host} does not serve: {refusal}") from refusal


def _configure(client: Client, host: str, name: str) -> None:
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as refusal:
        if refusal.code != NOT_YET_INITIALIZED:
            raise
        members = [{"_id": 0, "host": host}]
        client.admin.command("replSetInitiate", {"_id": name, "members": members})
        return
    if [member["host"] for member in config["members"]] != [host]:
        config["members"] = [{**config["members"][0], "host": host}]
        config["version"] += 1
        # Force the change: a replica set whose only member has moved has no primary to accept it.
        client.admin.command("replSetReconfig", config, force=True)


def _await_primary(client: Client, host: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            raise ConnectionError(
                f"The database at {host} does not accept writes after {seconds:g} s."
            )
        time.sleep(PAUSE_SECONDS)

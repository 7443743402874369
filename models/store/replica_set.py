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
    """Whether `hello` is from a server without transactions: of no replica set, and no `mongos`."""
    return "setName" not in hello and hello.get("msg") != "isdbgrid"


def await_primary(host: str, *, seconds: float) -> None:
    """Wait until the server at `host` (`address:port`) takes writes.

    Raises `ConnectionError` where it does not within `seconds`.
    """
    with _connected(host, seconds) as client:
        _await_primary(client, host, seconds)


def initiate(host: str, name: str, *, seconds: float) -> None:
    """Make the `mongod --replSet NAME` at `host` a set of one, and wait until it takes writes.

    A set that is one already is left alone, but for its address: a member that does not
    find itself in its configuration, because its port has changed, serves nobody.
    Raises `ConnectionError`.
    """
    with _connected(host, seconds) as client:
        _configure(client, host, name)
        _await_primary(client, host, seconds)


@contextlib.contextmanager
def _connected(host: str, seconds: float) -> Iterator[Client]:
    # Directly: before it is initiated, the server belongs to no set that could be asked for.
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
        # By force: a set whose only member has moved has no primary to take the change.
        client.admin.command("replSetReconfig", config, force=True)


def _await_primary(client: Client, host: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            raise ConnectionError(f"The database at {host} takes no writes after {seconds:g} s.")
        time.sleep(PAUSE_SECONDS)

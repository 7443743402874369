"""Test databases, on one server per test process or on the server at TEST_MONGODB_URL."""

from __future__ import annotations

import hashlib
import inspect
import os
import types
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

GIVEN_URL = os.environ.get("TEST_MONGODB_URL", "")
OWN_SERVER = frozenset({"database_processes", "embedded_database"})
"""Names that occur only in tests that kill, suspend or restart their database server."""


class SharedServer:
    """The test process's database server: the one at `GIVEN_URL`, or one started on demand."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder: Path | None = None
        self._url = GIVEN_URL

    @contextmanager
    def open(self, folder: Path) -> Iterator[None]:
        """Allow the server to be started in a folder; stop it when the context ends."""
        self._folder = folder
        with self._stack:
            yield

    def database(self, folder: Path) -> str:
        """Return the URL of the database that belongs to a test's folder."""
        if not self._url:
            if self._folder is None:
                raise RuntimeError("the shared database server is not open")
            self._url = self._stack.enter_context(embedded_database(self._folder))
        return renamed(self._url, "test-" + hashlib.sha256(bytes(folder)).hexdigest()[:16])


shared_server = SharedServer()


def renamed(url: str, database: str) -> str:
    """Return the URL of the database with the given name on the same server."""
    base, mark, options = url.partition("?")
    scheme, _, rest = base.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{database}{mark}{options}"


@contextmanager
def run_database(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database on the shared server.

    On the server at `GIVEN_URL`, the database is dropped afterwards. On the embedded server, which
    ends with the tests, it is kept: that server drops databases row by row, and would wait forever
    for a row that a killed process has changed in an open transaction.
    """
    url = shared_server.database(folder)
    yield url
    if GIVEN_URL:
        with MongoClient[dict[str, Any]](url) as client:
            client.drop_database(client.get_default_database().name)


def mentions(function: Callable[..., Any], names: AbstractSet[str]) -> bool:
    """Return whether a function, or one of its module that it calls, uses any of the names."""
    code = inspect.unwrap(function).__code__
    used = {name for part in _codes(code) for name in part.co_names}
    if used & names:
        return True
    scope = getattr(function, "__globals__", {})
    called = (scope.get(name) for name in used - {function.__name__})
    return any(
        mentions(each, names)
        for each in called
        if isinstance(each, types.FunctionType) and each.__module__ == function.__module__
    )


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object, and the code objects of its inner functions and comprehensions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)

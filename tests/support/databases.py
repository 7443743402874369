"""Databases for tests: embedded ones, or on the server of `make test-long MONGODB_URL=…`."""

from __future__ import annotations

import hashlib
import inspect
import os
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

GIVEN_URL = os.environ.get("TEST_MONGODB_URL", "")
OWN_SERVER = frozenset({"database_processes", "embedded_database"})
"""Functions of tests that kill, suspend or restart their database server."""


@contextmanager
def run_database(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database: on the given server, or embedded in a folder."""
    if not GIVEN_URL:
        with embedded_database(folder) as url:
            yield url
        return
    url = given_database(folder)
    with MongoClient[dict[str, Any]](url) as client:
        yield url
        client.drop_database(client.get_default_database().name)


def given_database(folder: Path) -> str:
    """Return the URL of a database on the given server, the same for the same folder."""
    name = "test-" + hashlib.sha256(bytes(folder)).hexdigest()[:16]
    base, mark, options = GIVEN_URL.partition("?")
    scheme, _, rest = base.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{name}{mark}{options}"


def mentions(function: Callable[..., Any], names: AbstractSet[str]) -> bool:
    """Return whether a function, or one of its module that it calls, uses one of some names."""
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
    """Yield a code object and those of its inner functions and comprehensions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)

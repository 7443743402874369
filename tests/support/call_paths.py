"""Traces the functions that a request calls, from the GraphQL endpoint to the commit.

Running this module starts an ExpertBook server. The calls made for a request with the header
`X-Trace` are written to the file that the header names, one JSON array per call.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from models.ledger.ledger import Ledger
from tests.support.repository import ROOT
from web.cli import app
from web.graphql.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

HEADER = "x-trace"
ROOTS = frozenset(
    each.__qualname__ for each in (Endpoint.__call__, Ledger._load_loop, Ledger._write_loop)
)
"""Calls made from within these functions belong to a request; other calls are background work."""
END = Ledger._answer.__qualname__
"""Function that runs right after the commit, where tracing ends."""
PACKAGES = tuple(
    f"{ROOT / name}/" for name in ("auth", "models", "resolvers", "schema", "subscriptions", "web")
)


class Call(NamedTuple):
    """A traced call; `caller` is the file of the nearest caller that is part of ExpertBook."""

    caller: str
    file: str
    function: str


def read(path: Path) -> list[Call]:
    """Return the distinct traced calls, in the order in which each was first made."""
    calls = [Call(*json.loads(line)) for line in path.read_text().splitlines()]
    return list(dict.fromkeys(calls))


def profile(path: Path) -> None:
    """Record the calls that this thread makes for a request, until the request's commit."""
    calls: list[Call] = []

    def record(frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or not is_ours(frame):
            return
        if frame.f_code.co_qualname == END:
            sys.setprofile(None)
            path.write_text("".join(f"{json.dumps(call)}\n" for call in calls))
            return
        callers = [outer.f_code for outer in outer_frames(frame) if is_ours(outer)]
        if not ROOTS.isdisjoint(code.co_qualname for code in callers):
            caller, file = (
                str(Path(code.co_filename).relative_to(ROOT)) for code in (callers[0], frame.f_code)
            )
            calls.append(Call(caller, file, frame.f_code.co_qualname))

    sys.setprofile(record)


def is_ours(frame: FrameType) -> bool:
    """Return whether a frame executes a function of ExpertBook."""
    return frame.f_code.co_filename.startswith(PACKAGES)


def outer_frames(frame: FrameType) -> Iterator[FrameType]:
    """Yield the frames that called a frame, the innermost first."""
    outer = frame.f_back
    while outer:
        yield outer
        outer = outer.f_back


def serve() -> None:
    """Run the `expertbook` command, and trace the requests that have the header `X-Trace`."""
    call = Endpoint.__call__

    async def traced(self: Endpoint, scope: Any, receive: Any, send: Any) -> None:
        if path := dict(scope.get("headers", ())).get(HEADER.encode()):
            profile(Path(path.decode()))
        await call(self, scope, receive, send)

    Endpoint.__call__ = traced  # type: ignore[method-assign] # the replacement calls the original
    app()


if __name__ == "__main__":
    serve()

"""What ties log lines, errors and spans to the request that they come from.

Whoever handles a request sets its id; tasks that it starts inherit it. Spans are made where
somebody collects them (web/telemetry/traces.py), and cost next to nothing elsewhere.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from secrets import token_hex
from time import time_ns
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextvars import Context

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that this task works for, if for one alone."""


def new_request_id() -> str:
    """32 hexadecimal digits that begin with the time in milliseconds, so that they sort by it."""
    return f"{time_ns() // 1_000_000:012x}{token_hex(10)}"


def request_id() -> str:
    """The id under which the log knows what this task does."""
    id_ = REQUEST_ID.get()
    if id_ is None:
        id_ = new_request_id()
        REQUEST_ID.set(id_)
    return id_


class Tracer:
    """Makes the spans of this process: none, unless another one takes its place.

    Names and attributes of spans are from short lists; never what people have written.
    """

    is_enabled: ClassVar[bool] = False

    def span(
        self,
        name: str,
        attributes: Mapping[str, str | int] | None = None,
        contexts: Sequence[Context] = (),
    ) -> AbstractContextManager[object]:
        """A span that lasts as long as the `with`.

        Args:
            name: of the kind of work.
            attributes: what it is about.
            contexts: contexts of the requests that the span covers, if not this task's.
        """
        del name, attributes, contexts
        return nullcontext()

    def request(self, name: str, traceparent: str | None) -> AbstractContextManager[object]:
        """A request's span, within the caller's trace where it names one (W3C Trace Context)."""
        del name, traceparent
        return nullcontext()

    def start_span(
        self, name: str, attributes: Mapping[str, str | int]
    ) -> Callable[[bool], None] | None:
        """A span within this task's, which ends when the result is called: with whether it failed.

        None where this task has no span.
        """
        del name, attributes
        return None

    def set_attribute(self, name: str, value: str | int) -> None:
        """Give this task's span another attribute."""

    def trace_id(self) -> str | None:
        """The id of the trace that this task's work belongs to."""
        return None


_tracers = [Tracer()]


def tracer() -> Tracer:
    """What makes spans now."""
    return _tracers[-1]


def set_tracer(new: Tracer) -> None:
    """Have spans made from now on; there is one tracer a process, as there is one log."""
    _tracers[-1] = new

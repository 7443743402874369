"""Request ids and spans, which connect log lines, errors and traces to their request.

The request handler sets the request id, and the tasks that the handler starts inherit the id. Spans
are recorded only if tracing is configured (web/telemetry/traces.py).
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
"""Id of the request that the current task serves; None if it serves several requests or none."""


def new_request_id() -> str:
    """Return a new request id of 32 hexadecimal digits.

    The first 12 digits are a timestamp, so request ids sort by time.
    """
    return f"{time_ns() // 1_000_000:012x}{token_hex(10)}"


def request_id() -> str:
    """Return the request id of the current task; create one if it has none."""
    id_ = REQUEST_ID.get()
    if id_ is None:
        id_ = new_request_id()
        REQUEST_ID.set(id_)
    return id_


class Tracer:
    """No-op tracer, used unless `set_tracer` installs another one.

    Names and attributes of spans come from short fixed lists, never from client input.
    """

    is_enabled: ClassVar[bool] = False

    def span(
        self,
        name: str,
        attributes: Mapping[str, str | int] | None = None,
        contexts: Sequence[Context] = (),
    ) -> AbstractContextManager[object]:
        """Return a context manager that records a span.

        Args:
            name: the span's name.
            attributes: the span's attributes.
            contexts: contexts of the requests that the span covers; by default, the context of the
                current task.
        """
        del name, attributes, contexts
        return nullcontext()

    def request(self, name: str, traceparent: str | None) -> AbstractContextManager[object]:
        """Return a context manager that records the span of a request.

        Args:
            name: the span's name.
            traceparent: the request's `traceparent` header (W3C Trace Context), with which the span
                continues the client's trace; None if the request has none.
        """
        del name, traceparent
        return nullcontext()

    def start_span(
        self, name: str, attributes: Mapping[str, str | int]
    ) -> Callable[[bool], None] | None:
        """Start a child of the current span.

        Returns:
            A function that ends the span; its argument tells whether the work failed. None if
            there is no current span.
        """
        del name, attributes
        return None

    def set_attribute(self, name: str, value: str | int) -> None:
        """Add an attribute to the current span."""

    def trace_id(self) -> str | None:
        """Return the id of the current trace, or None."""
        return None


_tracers = [Tracer()]


def tracer() -> Tracer:
    """Return the installed tracer."""
    return _tracers[-1]


def set_tracer(new: Tracer) -> None:
    """Install the tracer of this process."""
    _tracers[-1] = new

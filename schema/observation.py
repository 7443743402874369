"""What becomes of each operation: counted, timed, a span, and a line in the log.

Of what clients have written, only the operation's name is told, and that in the log alone.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import TYPE_CHECKING

from graphql import FieldNode, GraphQLError, OperationType

from models.errors import ExpertBookError
from models.meters import OPERATION_SECONDS, OPERATIONS, SUBSCRIPTIONS
from models.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema.documents import Prepared

log = logging.getLogger(__name__)

SLOW_SECONDS = 1.0
MOST_FIELDS = 3
OK, ERRORS, INTERNAL, REJECTED, CANCELLED = "ok", "errors", "internal", "rejected", "cancelled"

_seconds = {kind: OPERATION_SECONDS.labels(kind.value) for kind in OperationType}
_ends = {
    (kind, outcome): OPERATIONS.labels(kind.value, outcome)
    for kind in OperationType
    for outcome in (OK, ERRORS, INTERNAL, REJECTED, CANCELLED)
}
_rejected = OPERATIONS.labels("unknown", REJECTED)


class Observation:
    """How an operation ends."""

    __slots__ = ("cost", "outcome")

    def __init__(self) -> None:
        self.outcome = CANCELLED
        self.cost: int | None = None

    def end(self, errors: Sequence[Exception] | None) -> None:
        """Note what has failed in it, if anything."""
        if not errors:
            self.outcome = OK
        else:
            self.outcome = ERRORS if all(is_expected(error) for error in errors) else INTERNAL


@contextmanager
def observed(prepared: Prepared) -> Iterator[Observation]:
    """Observe an operation from the beginning of its execution to its end."""
    kind = prepared.kind
    observation = Observation()
    is_finite = kind is not OperationType.SUBSCRIPTION
    began = perf_counter()
    try:
        with _span(kind) if is_finite else nullcontext():
            yield observation
    except Exception as error:
        found = getattr(error, "errors", None)  # of some it is a method
        observation.end(found if isinstance(found, (list, tuple)) else [error])
        raise
    finally:
        seconds = perf_counter() - began
        _ends[kind, observation.outcome].inc()
        if is_finite:
            _seconds[kind].observe(seconds)
        slow = is_finite and seconds > SLOW_SECONDS
        level = logging.WARNING if slow else logging.INFO
        if log.isEnabledFor(level):
            told = _told(prepared, observation, seconds)
            log.log(level, "a slow operation" if slow else "an operation", extra=told)


@contextmanager
def subscribed(prepared: Prepared) -> Iterator[None]:
    """Observe a subscription, whose usual end is that nobody listens any more."""
    with observed(prepared) as observation, SUBSCRIPTIONS.track_inprogress():
        observation.outcome = OK
        yield


def rejected() -> None:
    """Count a document of which nothing was executed."""
    _rejected.inc()


def is_expected(error: Exception) -> bool:
    """Whether it is a refusal or the client's mistake rather than a failure of the program."""
    cause = cause_of(error)
    return cause is None or isinstance(cause, ExpertBookError)


def cause_of(error: Exception) -> Exception | None:
    """The exception that GraphQL errors were made of; none where GraphQL itself found it."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _span(kind: OperationType) -> AbstractContextManager[object]:
    return tracer().span(f"graphql {kind.value}", {"graphql.operation.type": kind.value})


def _told(prepared: Prepared, observation: Observation, seconds: float) -> dict[str, object]:
    selections = prepared.operation.selection_set.selections[:MOST_FIELDS]
    told: dict[str, object] = {
        "kind": prepared.kind.value,
        "fields": ",".join(each.name.value for each in selections if isinstance(each, FieldNode)),
        "outcome": observation.outcome,
        "milliseconds": round(seconds * 1000, 1),
    }
    if observation.cost is not None:
        told["cost"] = observation.cost
    if prepared.operation.name:
        told["operation"] = prepared.operation.name.value
    return told

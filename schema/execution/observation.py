"""What becomes of each operation: counted, timed, a span, and a line in the log.

Of what clients have written, only the operation's name is told, and that in the log alone.
"""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, Self

from graphql import FieldNode, GraphQLError, OperationType

from models.errors import ExpertBookError
from models.telemetry.metrics import OPERATION_SECONDS, OPERATIONS, SUBSCRIPTIONS
from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from schema.execution.prepared import Prepared

log = logging.getLogger(__name__)

SLOW_SECONDS = 1.0
MAX_LOGGED_FIELDS = 3
OK, ERRORS, INTERNAL, REJECTED, CANCELLED = (
    "ok",
    "errors",
    "internal",
    "rejected",
    "cancelled",
)

_seconds = {kind: OPERATION_SECONDS.labels(kind.value) for kind in OperationType}
_ends = {
    (kind, outcome): OPERATIONS.labels(kind.value, outcome)
    for kind in OperationType
    for outcome in (OK, ERRORS, INTERNAL, REJECTED, CANCELLED)
}
_rejected_total = OPERATIONS.labels("unknown", REJECTED)


class OperationSummary(NamedTuple):
    """What the log tells of an operation: its kind, its first fields, its name and its cost."""

    kind: OperationType
    fields: str
    name: str | None
    cost: int | None


class ObservedOperation:
    """Observes a query or mutation from the beginning of its execution to its end.

    No generator: this is around each operation, and takes half as long.
    """

    __slots__ = ("_began", "_prepared", "_span", "cost", "outcome")

    def __init__(self, prepared: Prepared, cost: int) -> None:
        self._prepared = prepared
        self._span = _span(prepared.kind)
        self._began = perf_counter()
        self.cost = cost
        self.outcome = CANCELLED

    def __enter__(self) -> Self:
        """Begin its span."""
        self._span.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tell how it has ended."""
        try:
            self._span.__exit__(kind, error, traceback)
        finally:
            if isinstance(error, Exception):
                self.outcome = _outcome_of(error)
            _ended(summary_of(self._prepared, self.cost), self.outcome, self._began)

    def end(self, errors: Sequence[Exception] | None) -> None:
        """Note what has failed in it, if anything."""
        self.outcome = _outcome(errors)


def observe_cached_response(subject: OperationSummary, began: float) -> None:
    """Observe an operation whose answer was there: nothing was executed."""
    with _span(subject.kind):
        _ended(subject, OK, began)


class ObservedSubscription:
    """Observes a subscription, whose usual end is that nobody listens any more.

    No generator: that would take 1.3 KB for as long as a subscription lasts.
    """

    __slots__ = ("_began", "_subject")

    def __init__(self, prepared: Prepared) -> None:
        self._subject = summary_of(prepared, None)
        self._began = perf_counter()

    def __enter__(self) -> None:
        """Count it among those that run."""
        SUBSCRIPTIONS.inc()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Count how it has ended."""
        SUBSCRIPTIONS.dec()
        outcome = _outcome_of(error) if isinstance(error, Exception) else OK
        _ended(self._subject, outcome, self._began)


def count_rejected_document() -> None:
    """Count a document of which nothing was executed."""
    _rejected_total.inc()


def _outcome_of(error: Exception) -> str:
    """How an operation ends that an exception has ended."""
    found = getattr(error, "errors", None)  # of some it is a method
    return _outcome(found if isinstance(found, (list, tuple)) else [error])


def _outcome(errors: Sequence[Exception] | None) -> str:
    if not errors:
        return OK
    return ERRORS if all(is_expected(error) for error in errors) else INTERNAL


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


def summary_of(prepared: Prepared, cost: int | None) -> OperationSummary:
    """What is told of an operation, which it can be told of after its document is forgotten."""
    selections = prepared.operation.selection_set.selections[:MAX_LOGGED_FIELDS]
    fields = ",".join(each.name.value for each in selections if isinstance(each, FieldNode))
    name = prepared.operation.name
    return OperationSummary(prepared.kind, fields, name.value if name else None, cost)


def _ended(subject: OperationSummary, outcome: str, began: float) -> None:
    seconds = perf_counter() - began
    is_finite = subject.kind is not OperationType.SUBSCRIPTION
    _ends[subject.kind, outcome].inc()
    if is_finite:
        _seconds[subject.kind].observe(seconds)
    slow = is_finite and seconds > SLOW_SECONDS
    level = logging.WARNING if slow else logging.INFO
    if log.isEnabledFor(level):
        told = _told(subject, outcome, seconds)
        log.log(level, "a slow operation" if slow else "an operation", extra=told)


def _told(subject: OperationSummary, outcome: str, seconds: float) -> dict[str, object]:
    told: dict[str, object] = {
        "kind": subject.kind.value,
        "fields": subject.fields,
        "outcome": outcome,
        "milliseconds": round(seconds * 1000, 1),
    }
    if subject.cost is not None:
        told["cost"] = subject.cost
    if subject.name:
        told["operation"] = subject.name
    return told

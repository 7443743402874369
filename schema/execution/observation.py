"""Metrics, trace spans and log entries of operations.

The operation's name is the only text from clients that is recorded, and only in the log.
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
_outcome_totals = {
    (kind, outcome): OPERATIONS.labels(kind.value, outcome)
    for kind in OperationType
    for outcome in (OK, ERRORS, INTERNAL, REJECTED, CANCELLED)
}
_rejected_total = OPERATIONS.labels("unknown", REJECTED)


class OperationSummary(NamedTuple):
    """Logged properties of an operation; holds no reference to its document."""

    kind: OperationType
    fields: str
    name: str | None
    cost: int | None


class ObservedOperation:
    """Context manager that observes the execution of a query or mutation.

    This is a class because a generator would double the overhead per operation.
    """

    __slots__ = ("_began", "_prepared", "_span", "cost", "outcome")

    def __init__(self, prepared: Prepared, cost: int) -> None:
        self._prepared = prepared
        self._span = _span(prepared.kind)
        self._began = perf_counter()
        self.cost = cost
        self.outcome = CANCELLED

    def __enter__(self) -> Self:
        """Start the span."""
        self._span.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the span, and record the outcome."""
        try:
            self._span.__exit__(kind, error, traceback)
        finally:
            if isinstance(error, Exception):
                self.outcome = _outcome_of(error)
            _record_end(summary_of(self._prepared, self.cost), self.outcome, self._began)

    def end(self, errors: Sequence[Exception] | None) -> None:
        """Set the outcome from the errors of the result."""
        self.outcome = _outcome(errors)


def observe_cached_response(summary: OperationSummary, began: float) -> None:
    """Record an operation whose response came from the response cache."""
    with _span(summary.kind):
        _record_end(summary, OK, began)


class ObservedSubscription:
    """Context manager that observes a subscription; unsubscribing is a successful end.

    This is a class because a generator would use more memory while the subscription is open.
    """

    __slots__ = ("_began", "_summary")

    def __init__(self, prepared: Prepared) -> None:
        self._summary = summary_of(prepared, None)
        self._began = perf_counter()

    def __enter__(self) -> None:
        """Count the subscription as active."""
        SUBSCRIPTIONS.inc()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Record the outcome."""
        SUBSCRIPTIONS.dec()
        outcome = _outcome_of(error) if isinstance(error, Exception) else OK
        _record_end(self._summary, outcome, self._began)


def count_rejected_document() -> None:
    """Count a document that was rejected before execution."""
    _rejected_total.inc()


def _outcome_of(error: Exception) -> str:
    """Return the outcome of an operation that raised an exception."""
    errors = getattr(error, "errors", None)  # some exceptions have a method named `errors`
    return _outcome(errors if isinstance(errors, (list, tuple)) else [error])


def _outcome(errors: Sequence[Exception] | None) -> str:
    if not errors:
        return OK
    return ERRORS if all(is_expected(error) for error in errors) else INTERNAL


def is_expected(error: Exception) -> bool:
    """Return whether an error is a refusal or a client error, rather than an internal failure."""
    cause = cause_of(error)
    return cause is None or isinstance(cause, ExpertBookError)


def cause_of(error: Exception) -> Exception | None:
    """Return the exception that a GraphQL error wraps; None for errors raised by graphql-core."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _span(kind: OperationType) -> AbstractContextManager[object]:
    return tracer().span(f"graphql {kind.value}", {"graphql.operation.type": kind.value})


def summary_of(prepared: Prepared, cost: int | None) -> OperationSummary:
    """Return the logged properties of an operation."""
    selections = prepared.operation.selection_set.selections[:MAX_LOGGED_FIELDS]
    fields = ",".join(each.name.value for each in selections if isinstance(each, FieldNode))
    name = prepared.operation.name
    return OperationSummary(prepared.kind, fields, name.value if name else None, cost)


def _record_end(summary: OperationSummary, outcome: str, began: float) -> None:
    seconds = perf_counter() - began
    is_finite = summary.kind is not OperationType.SUBSCRIPTION
    _outcome_totals[summary.kind, outcome].inc()
    if is_finite:
        _seconds[summary.kind].observe(seconds)
    slow = is_finite and seconds > SLOW_SECONDS
    level = logging.WARNING if slow else logging.INFO
    if log.isEnabledFor(level):
        event = "a slow operation" if slow else "an operation"
        log.log(level, event, extra=_log_fields(summary, outcome, seconds))


def _log_fields(summary: OperationSummary, outcome: str, seconds: float) -> dict[str, object]:
    fields: dict[str, object] = {
        "kind": summary.kind.value,
        "fields": summary.fields,
        "outcome": outcome,
        "milliseconds": round(seconds * 1000, 1),
    }
    if summary.cost is not None:
        fields["cost"] = summary.cost
    if summary.name:
        fields["operation"] = summary.name
    return fields

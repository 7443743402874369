"""Execute operations and format their results.

Calls graphql-core directly instead of `Schema.execute`, because transports must distinguish
failures before execution from failures during it, and failures of a subscription from those of a
single event.
"""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationType,
    create_source_event_stream,
    execute_subscription_event,
    map_source_to_response_event,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Executor

from models.errors import ExpertBookError, Refused
from models.telemetry.metrics import DELIVERIES
from models.telemetry.tracing import request_id
from schema.execution.documents import cost_of, event_cost
from schema.execution.limits import MAX_COST, MAX_ERRORS, truncate_message
from schema.execution.observation import ObservedOperation, ObservedSubscription, cause_of
from schema.execution.prepared import RequestFailed
from schema.execution.prices import EXCESS_ROW_COST
from schema.root import core

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Sequence

    from graphql import Executor as GraphQLExecutor

    from schema.context import Context, TimeLimit
    from schema.execution.prepared import Prepared

log = logging.getLogger(__name__)


async def run(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> ExecutionResult:
    """Execute a query or mutation; if fields fail, the result contains their errors.

    Raises:
        RequestFailed: if the variables are invalid, the operation's cost exceeds the limit, or an
            error occurs before any field is resolved.
        TimedOut: if execution exceeds the time limit.
    """
    cost = cost_of(prepared, variables)
    with ObservedOperation(prepared, cost) as observation:
        async with operation_time_limit(prepared, context):
            executor = _executor(prepared, variables, context)
            outcome = executor.execute_operation()
            result = cast(
                "ExecutionResult", await outcome if inspect.isawaitable(outcome) else outcome
            )
        # Break a reference cycle, so that the operation's data is freed without waiting for the
        # garbage collector.
        del executor.async_helpers
        observation.end(result.errors)
    if context.excess_rows:
        await context.charge(EXCESS_ROW_COST * context.excess_rows, always=True)
    result.extensions = {"cost": {"requested": cost, "limit": MAX_COST}}
    # Errors without a path occurred before any field was resolved.
    if result.data is None and result.errors and all(e.path is None for e in result.errors):
        raise RequestFailed(result.errors)
    return result


def watch(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> AsyncGenerator[ExecutionResult, None]:
    """Return a generator that executes a subscription and yields one result per event.

    The generator lasts as long as the subscription, and keeps no reference to the request that
    started it.

    Raises:
        RequestFailed: if the variables are invalid or the operation's cost exceeds the limit.
    """
    context.event_cost = event_cost(prepared, variables)
    executor = executor_of(prepared, variables, context)
    return _results(executor, ObservedSubscription(prepared), context)


async def _results(
    executor: GraphQLExecutor[Any], observed: ObservedSubscription, context: Context
) -> AsyncGenerator[ExecutionResult, None]:
    """Execute a subscription, and yield one result per event.

    Raises:
        RequestFailed: if the subscription cannot start, or cannot continue after the events that it
            has already delivered.
        TimedOut: if starting the subscription exceeds the time limit.
    """
    with observed:
        async with context.time_limit():
            stream = create_source_event_stream(executor)
            if inspect.isawaitable(stream):
                stream = await stream
        if isinstance(stream, ExecutionResult):
            raise RequestFailed(stream.errors or ())
        source = cast("AsyncIterable[object]", stream)
        results = map_source_to_response_event(executor, source, execute_event)
        try:
            async for result in results:
                DELIVERIES.inc()
                yield result
        except ExpertBookError as error:
            raise RequestFailed([as_graphql_error(error)]) from error
        finally:
            await results.aclose()


def executor_of(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> GraphQLExecutor[Any]:
    """Return an executor for an operation.

    Raises:
        RequestFailed: if the variables are invalid or the operation's cost exceeds the limit.
    """
    cost_of(prepared, variables)
    return _executor(prepared, variables, context)


def _executor(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> GraphQLExecutor[Any]:
    executor: GraphQLExecutor[Any] | list[GraphQLError]
    if context.services.use_caches and prepared.selections:
        executor = prepared.selections.executor(variables, context)
    else:
        executor = Executor.build(
            core,
            prepared.document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=prepared.operation.name.value if prepared.operation.name else None,
            hide_suggestions=True,
            max_coercion_errors=MAX_ERRORS,
            operation_extensions=None,
        )
    if isinstance(executor, list):  # the variables are invalid
        raise RequestFailed(executor)
    return executor


def execute_event(
    executor: GraphQLExecutor[Any],
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Execute a subscription's operation for one event, with an executor built for that event.

    Clears graphql-core's cache of subfields: all events of a subscription share it, but never hit
    each other's entries, so the cache would grow with every event.
    """
    executor._relevant_sub_fields = {}  # noqa: SLF001 - no public way to clear this cache
    return execute_subscription_event(executor)


def operation_time_limit(prepared: Prepared, context: Context) -> TimeLimit:
    """Return the time limit of an operation.

    If the limit is exceeded, the error says whether the operation may have changed data.
    """
    return context.time_limit(changes=prepared.kind is OperationType.MUTATION)


def as_graphql_error(error: Exception) -> GraphQLError:
    """Return a GraphQL error for an exception that concerns a whole operation, not one field."""
    return GraphQLError(str(error), original_error=error)


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """Return the response body for an execution result."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body = {"errors": formatted(result.errors), **body}
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Return errors in the form in which clients receive them.

    The application's own errors keep their error code and message. Unexpected errors are logged,
    and clients receive a general message instead. Errors beyond `MAX_ERRORS` are omitted, and a
    final error says how many were omitted.
    """
    formatted_errors = [_formatted(error) for error in errors[:MAX_ERRORS]]
    if omitted := len(errors) - len(formatted_errors):
        message = f"Errors not shown: {omitted}."
        extensions = {"code": "TOO_MANY_ERRORS"}
        formatted_errors.append({"message": message, "extensions": extensions})
    return formatted_errors


def _formatted(error: GraphQLError) -> dict[str, Any]:
    cause = cause_of(error)
    error_fields = dict(error.formatted)
    if isinstance(cause, ExpertBookError):
        message = cause.message if isinstance(cause, Refused) else str(cause)
        return {**error_fields, "message": message, "extensions": {"code": cause.code}}
    if cause is None:
        error_fields["message"] = truncate_message(error.message)
        return {
            **error_fields,
            "extensions": {"code": "BAD_USER_INPUT", **(error.extensions or {})},
        }
    extensions = {"code": "INTERNAL", "requestId": request_id()}
    log.error("an operation failed at %s", error.path, exc_info=cause)
    message = "Something went wrong here. Please try again."
    return {**error_fields, "message": message, "extensions": extensions}

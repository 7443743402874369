"""From an operation to its answer.

Over graphql-core itself rather than `Schema.execute`: a transport has to tell what failed before
the execution from what failed in it, and a subscription's own failure from that of an event.
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

from models.caching.fast_paths import FastPath
from models.errors import ExpertBookError, Refused
from models.telemetry.metrics import DELIVERIES
from models.telemetry.tracing import request_id
from schema.execution.documents import core, cost_of
from schema.execution.limits import MAX_COST, MAX_ERRORS, truncate_message
from schema.execution.observation import ObservedOperation, ObservedSubscription, cause_of
from schema.execution.prepared import RequestFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Sequence

    from graphql import Executor as GraphQLExecutor

    from schema.context import Context, TimeLimit
    from schema.execution.prepared import Prepared

log = logging.getLogger(__name__)


async def run(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> ExecutionResult:
    """Execute a query or mutation; what fails in it is in the result's errors.

    Raises:
        RequestFailed: when the variables are not what the operation declares, or it costs too much.
        TimedOut: when it takes too long.
    """
    cost = cost_of(prepared, variables)
    with ObservedOperation(prepared, cost) as observation:
        async with in_time(prepared, context):
            executor = _executor(prepared, variables, context)
            found = executor.execute_operation()
            result = cast("ExecutionResult", await found if inspect.isawaitable(found) else found)
        # In a cycle with it, all that was read would wait for the garbage collector.
        del executor.async_helpers
        observation.end(result.errors)
    result.extensions = {"cost": {"requested": cost, "limit": MAX_COST}}
    # What fails before any field is resolved has no path.
    if result.data is None and result.errors and all(e.path is None for e in result.errors):
        raise RequestFailed(result.errors)
    return result


async def watch(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> AsyncGenerator[ExecutionResult, None]:
    """Execute a subscription: one result an event.

    Raises:
        RequestFailed: when it cannot begin or go on; the events before it have been delivered.
        TimedOut: when its beginning takes too long.
    """
    with ObservedSubscription(prepared):
        executor = executor_of(prepared, variables, context)
        async with in_time(prepared, context):
            found = create_source_event_stream(executor)
            if inspect.isawaitable(found):
                found = await found
        if isinstance(found, ExecutionResult):
            raise RequestFailed(found.errors or ())
        source = cast("AsyncIterable[object]", found)
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
    """What executes an operation.

    Raises:
        RequestFailed: when the variables are not what the operation declares, or it costs too much.
    """
    cost_of(prepared, variables)
    return _executor(prepared, variables, context)


def _executor(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> GraphQLExecutor[Any]:
    executor: GraphQLExecutor[Any] | list[GraphQLError]
    if FastPath.SELECTIONS in context.services.fast and prepared.selections:
        executor = prepared.selections.executor(variables, context)
    else:
        executor = Executor.build(
            core,
            prepared.document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=prepared.name,
            hide_suggestions=True,
            operation_extensions=None,
        )
    if isinstance(executor, list):  # the variables are not what the operation declares
        raise RequestFailed(executor)
    return executor


def execute_event(
    executor: GraphQLExecutor[Any],
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Execute an event of a subscription, by an executor that was made for it.

    What the library remembers of selections it never finds again in the next event, but keeps for
    as long as the subscription lasts: 2 KB an event.
    """
    executor._relevant_sub_fields = {}  # noqa: SLF001 - shared by all events of the subscription
    return execute_subscription_event(executor)


def in_time(prepared: Prepared, context: Context) -> TimeLimit:
    """Give up what takes too long; the error says whether it may have changed something."""
    return context.time_limit(changes=prepared.kind is OperationType.MUTATION)


def as_graphql_error(error: Exception) -> GraphQLError:
    """What has failed, as an error of the whole operation."""
    return GraphQLError(str(error), original_error=error)


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """A result as clients see it."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body = {"errors": formatted(result.errors), **body}
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Errors as clients see them: ours with their code, unknown ones masked and logged."""
    shown = [_formatted(error) for error in errors[:MAX_ERRORS]]
    if more := len(errors) - len(shown):
        message = f"{more} more went wrong."
        shown.append({"message": message, "extensions": {"code": "TOO_MANY_ERRORS"}})
    return shown


def _formatted(error: GraphQLError) -> dict[str, Any]:
    cause = cause_of(error)
    shown = dict(error.formatted)
    if isinstance(cause, ExpertBookError):
        message = cause.message if isinstance(cause, Refused) else str(cause)
        return {**shown, "message": message, "extensions": {"code": cause.code}}
    if cause is None:
        shown["message"] = truncate_message(error.message)
        return {**shown, "extensions": {"code": "BAD_USER_INPUT", **(error.extensions or {})}}
    known = {"code": "INTERNAL", "requestId": request_id()}
    log.error("an operation failed at %s", error.path, exc_info=cause)
    message = "Something went wrong here. Please try again."
    return {**shown, "message": message, "extensions": known}

"""From a request's text to its answer.

Over graphql-core itself rather than `Schema.execute`: a transport has to tell what failed before
the execution from what failed in it, and a subscription's own failure from that of an event.
"""

from __future__ import annotations

import inspect
import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    execute,
    get_operation_ast,
    map_source_to_response_event,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Executor

from models.errors import ExpertBookError, Refused
from schema.root import schema

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Sequence

    from graphql import DocumentNode
    from graphql import Executor as GraphQLExecutor

    from schema.context import Context

log = logging.getLogger(__name__)

RULES_WITHOUT_INTROSPECTION = (*specified_rules, NoSchemaIntrospectionCustomRule)
MOST_TOKENS = 4_000
MOST_DOCUMENTS = 256
LONGEST_CACHED = 16_384

core = schema._schema  # noqa: SLF001 - Strawberry has no public name for it


class RequestFailed(Exception):
    """A request that failed before its execution: it has errors and no data."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Prepared:
    """A valid document and the operation of it that is to run."""

    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    name: str | None

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.operation


def prepare(query: str, name: str | None, *, introspection: bool = True) -> Prepared:
    """Parse and validate a document and choose its operation.

    Args:
        query: the document's text.
        name: of its operation; None where it has one alone.
        introspection: whether the schema can be asked for.

    Raises:
        RequestFailed: when it is no valid document, or has no such operation.
    """
    check = _cached if len(query) <= LONGEST_CACHED else _checked
    document, errors = check(query, introspection)
    if document is None or errors:
        raise RequestFailed(errors)
    operation = get_operation_ast(document, name)
    if operation is None:
        message = (
            "Name one of the document's operations in operationName."
            if name is None
            else "The document has no operation of that name."
        )
        raise RequestFailed([_failure(message, "OPERATION_RESOLUTION_FAILURE")])
    return Prepared(query, document, operation, name)


def _checked(
    query: str, introspection: bool
) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    try:
        document = parse(query, max_tokens=MOST_TOKENS, allow_empty_selection_sets=False)
        errors = validate(
            core,
            document,
            specified_rules if introspection else RULES_WITHOUT_INTROSPECTION,
            max_errors=20,
            hide_suggestions=True,
            allow_empty_selection_sets=False,
        )
    except GraphQLSyntaxError as error:
        error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
        return None, (error,)
    except RecursionError:
        return None, (_failure("The document is nested too deeply.", "GRAPHQL_PARSE_FAILED"),)
    for found in errors:
        found.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(found.extensions or {})}
    return document, tuple(errors)


# Parsing and validating cost more than the execution of most documents (1.4 of 3.9 ms remain).
_cached = lru_cache(maxsize=MOST_DOCUMENTS)(_checked)


async def run(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> ExecutionResult:
    """Execute a query or mutation; what fails in it is in the result's errors.

    Raises:
        RequestFailed: when the variables are not what the operation declares.
    """
    found = execute(
        core,
        prepared.document,
        context_value=context,
        variable_values=variables,
        operation_name=prepared.name,
        executor_class=Executor,
        hide_suggestions=True,
        operation_extensions=None,
    )
    result = await found if inspect.isawaitable(found) else found
    # Variables are coerced before the execution begins, and only then are errors without a path.
    if result.data is None and result.errors and all(e.path is None for e in result.errors):
        raise RequestFailed(result.errors)
    return result


async def watch(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> AsyncGenerator[ExecutionResult, None]:
    """Execute a subscription: one result an event.

    Raises:
        RequestFailed: when it cannot begin or go on; the events before it have been delivered.
    """
    executor = executor_of(prepared, variables, context)
    found = create_source_event_stream(executor)
    if inspect.isawaitable(found):
        found = await found
    if isinstance(found, ExecutionResult):
        raise RequestFailed(found.errors or ())
    source = cast("AsyncIterable[object]", found)
    results = map_source_to_response_event(executor, source)
    try:
        async for result in results:
            yield result
    except ExpertBookError as error:
        raise RequestFailed([of_cause(error)]) from error
    finally:
        await results.aclose()


def executor_of(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> GraphQLExecutor[Context]:
    """What executes an operation.

    Raises:
        RequestFailed: when the variables are not what the operation declares.
    """
    executor = Executor.build(
        core,
        prepared.document,
        context_value=context,
        raw_variable_values=variables,
        operation_name=prepared.name,
        hide_suggestions=True,
        operation_extensions=None,
    )
    if isinstance(executor, list):
        raise RequestFailed(executor)
    return executor


def _failure(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def of_cause(error: Exception) -> GraphQLError:
    """What has failed, as an error of the whole operation."""
    return GraphQLError(str(error), original_error=error)


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """A result as clients see it."""
    if result.errors:
        return {"errors": formatted(result.errors), "data": result.data}
    return {"data": result.data}


def formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Errors as clients see them: ours with their code, unknown ones masked and logged."""
    return [_formatted(error) for error in errors]


def _formatted(error: GraphQLError) -> dict[str, Any]:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    shown = dict(error.formatted)
    if isinstance(cause, ExpertBookError):
        message = cause.message if isinstance(cause, Refused) else str(cause)
        return {**shown, "message": message, "extensions": {"code": cause.code}}
    if cause is None or isinstance(cause, GraphQLError):
        return {**shown, "extensions": {"code": "BAD_USER_INPUT", **(error.extensions or {})}}
    log.error("an operation failed at %s", error.path, exc_info=cause)
    message = "Something went wrong here. Please try again."
    return {**shown, "message": message, "extensions": {"code": "INTERNAL"}}

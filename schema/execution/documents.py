"""Parse, validate and cost the GraphQL documents that clients send, and cache the results."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    NameNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    print_ast,
    separate_operations,
    specified_rules,
    validate,
)

from models.caching.cache import Cache, Doorkeeper
from schema.execution.absence import without_empty_literals
from schema.execution.cost import plan_of
from schema.execution.limits import (
    MAX_COST,
    MAX_TOKENS,
    MAX_VALIDATION_ERRORS,
    TOO_DEEP,
    cost_error,
    document_errors,
    plan_errors,
    syntax_error,
    validation_error,
)
from schema.execution.observation import count_rejected_document
from schema.execution.prepared import FAILURE_COST, Prepared, RequestFailed
from schema.execution.prices import REPLAY_COST, ROOT_FIELD_COSTS
from schema.execution.selections import selections_of
from schema.execution.validity import is_provably_valid
from schema.root import core

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from schema.execution.cost import Plan
    from schema.execution.selections import Selections

RULES_WITHOUT_INTROSPECTION = (*specified_rules, NoSchemaIntrospectionCustomRule)
MAX_CACHED_DOCUMENTS = 256
MAX_CACHED_BYTES = 40 * 1024 * 1024
BYTES_PER_CHAR = 80
"""Estimated bytes of memory of a parsed and compiled document, per character of its text."""

MAX_CACHED_DOCUMENT_CHARS = 16_384
PARSE_COST_PER_CHAR = 2
MAX_PARSE_COST = 8_000
MAX_NAME_CHARS = 100
"""Maximum length of the operation name that a subscription keeps for its log entry."""

Result = TypeVar("Result")


class _CompiledOperation(NamedTuple):
    """An operation, the document to execute, its cost plan and its compiled selections."""

    document: DocumentNode
    operation: OperationDefinitionNode
    plan: Plan
    selections: Selections | None


@dataclass(slots=True, eq=False)
class _CheckedDocument:
    """Parsed document with its errors and compiled operations.

    `parse_cost` is the cost of parsing and validating the document, which is charged once.
    """

    document: DocumentNode | None
    errors: Sequence[GraphQLError]
    parse_cost: int
    operations: dict[str | None, _CompiledOperation] = field(default_factory=dict)

    def take_parse_cost(self) -> int:
        """Return the cost of parsing on the first call, and 0 on later calls."""
        cost, self.parse_cost = self.parse_cost, 0
        return cost

    def compiled(
        self, text: str, document: DocumentNode, operation: OperationDefinitionNode
    ) -> _CompiledOperation:
        """Return an operation, compiled on first use."""
        name = operation.name.value if operation.name else None
        if name not in self.operations:
            plan = plan_of(core, document, operation)
            if operation.operation is OperationType.SUBSCRIPTION:
                document, operation = _alone(document, operation)
            selections = selections_of(document, operation, text)
            self.operations[name] = _CompiledOperation(document, operation, plan, selections)
        return self.operations[name]


def prepare(
    query: str, name: str | None, *, introspection: bool = True, use_cache: bool = True
) -> Prepared:
    """Parse and validate a document, and choose the operation to execute.

    Args:
        query: text of the document.
        name: name of the operation; None if the document has only one.
        introspection: whether introspection is allowed.
        use_cache: whether to cache the document, and to try the fast validity proof first.

    Raises:
        RequestFailed: if the document is invalid, exceeds a limit or lacks the named operation.
    """
    checked, is_cached = (
        _check_cached(query, introspection)
        if use_cache and len(query) <= MAX_CACHED_DOCUMENT_CHARS
        else (_check(query, introspection, fast=use_cache), False)
    )
    document = checked.document
    if document is None or checked.errors:
        count_rejected_document()
        raise RequestFailed(checked.errors, FAILURE_COST + checked.take_parse_cost())
    operation = get_operation_ast(document, name)
    if operation is None:
        message = (
            "Name one of the document's operations in operationName."
            if name is None
            else "The document has no operation of that name."
        )
        count_rejected_document()
        failure = _failure(message, "OPERATION_RESOLUTION_FAILURE")
        raise RequestFailed([failure], FAILURE_COST + checked.take_parse_cost())
    try:
        compiled = checked.compiled(query, document, operation)
        errors = list(plan_errors(compiled.plan))
    except RecursionError:
        errors = [_failure("The operation is nested too deeply.", TOO_DEEP)]
    if errors:
        count_rejected_document()
        raise RequestFailed(errors, FAILURE_COST + checked.take_parse_cost())
    parse_cost = checked.take_parse_cost()
    return Prepared(query, name, *compiled, parse_cost, is_cached)


def _alone(
    document: DocumentNode, operation: OperationDefinitionNode
) -> tuple[DocumentNode, OperationDefinitionNode]:
    """Return a subscription without the other operations, the text and the tokens of its document.

    An open subscription keeps the result in memory, so the result must not refer to the request.
    """
    name = operation.name.value if operation.name else ""
    alone = parse(print_ast(separate_operations(document)[name]), no_location=True)
    definitions = [
        _with_short_name(each) if isinstance(each, OperationDefinitionNode) else each
        for each in alone.definitions
    ]
    [kept] = (each for each in definitions if isinstance(each, OperationDefinitionNode))
    return DocumentNode(definitions=tuple(definitions)), kept


def _with_short_name(operation: OperationDefinitionNode) -> OperationDefinitionNode:
    if operation.name is None or len(operation.name.value) <= MAX_NAME_CHARS:
        return operation
    parts = {key: getattr(operation, key) for key in operation.keys}
    name = NameNode(value=operation.name.value[:MAX_NAME_CHARS])
    return OperationDefinitionNode(**{**parts, "name": name})


def _check(query: str, introspection: bool, *, fast: bool = True) -> _CheckedDocument:
    cost = _parse_cost(query)
    try:
        document = parse(query, max_tokens=MAX_TOKENS, allow_empty_selection_sets=False)
        _unlink_tokens(document)
        if errors := list(document_errors(document)):
            return _CheckedDocument(None, errors, cost)
        if '""' in query:
            document = without_empty_literals(document)
        if fast and is_provably_valid(core, document):
            return _CheckedDocument(document, (), cost)
        errors = validate(
            core,
            document,
            specified_rules if introspection else RULES_WITHOUT_INTROSPECTION,
            max_errors=MAX_VALIDATION_ERRORS,
            hide_suggestions=True,
            allow_empty_selection_sets=False,
        )
    except GraphQLSyntaxError as error:
        return _CheckedDocument(None, [syntax_error(error)], cost)
    except RecursionError:
        return _CheckedDocument(
            None, [_failure("The document is nested too deeply.", TOO_DEEP)], cost
        )
    for each in errors:
        each.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(each.extensions or {})}
    return _CheckedDocument(document, [validation_error(each) for each in errors], cost)


def _parse_cost(query: str) -> int:
    return min(PARSE_COST_PER_CHAR * len(query), MAX_PARSE_COST)


def _unlink_tokens(document: DocumentNode) -> None:
    """Break the references between a document's tokens.

    The references form a cycle that would keep the document in memory until the garbage collector
    runs.
    """
    token = document.loc and document.loc.start_token
    while token:
        following = token.next
        token.prev = token.next = None
        token = following


def _check_cached(query: str, introspection: bool) -> tuple[_CheckedDocument, bool]:
    """Return a checked document, and whether it is cached.

    Valid documents are cached on their second use, because caching documents that are used only
    once would cause long garbage collections. Invalid documents are never cached, so each request
    is charged for them.
    """
    key = query, introspection
    checked = _documents.get(key)
    if checked is not None:
        return checked, True
    checked = _check(query, introspection)
    if checked.errors:
        return checked, False
    is_repeated = _doorkeeper.seen_before(key)
    if is_repeated:
        _documents.put(key, checked, BYTES_PER_CHAR * len(query))
    return checked, is_repeated


_doorkeeper = Doorkeeper("texts")
_documents: Cache[tuple[str, bool], _CheckedDocument] = Cache(
    "documents", MAX_CACHED_DOCUMENTS, MAX_CACHED_BYTES
)


def cached_per_document(compute: Callable[[Prepared], Result]) -> Callable[[Prepared], Result]:
    """Cache the results of a function that depends only on the document and operation."""
    name = compute.__module__.rpartition(".")[2]
    cache: Cache[tuple[str, str | None], tuple[Result]] = Cache(name, MAX_CACHED_DOCUMENTS)

    @wraps(compute)
    def cached(prepared: Prepared) -> Result:
        if not prepared.is_cached:
            return compute(prepared)
        key = prepared.text, prepared.name
        entry = cache.get(key)
        if entry is None:
            entry = (compute(prepared),)
            cache.put(key, entry)
        return entry[0]

    return cached


def cost_of(prepared: Prepared, variables: Mapping[str, Any] | None) -> int:
    """Return the cost of an operation (see `schema.execution.cost`).

    Raises:
        RequestFailed: if the cost exceeds the limit.
    """
    cost = prepared.plan.cost(variables)
    if cost > MAX_COST:
        count_rejected_document()
        plan = plan_of(core, prepared.document, prepared.operation, keeps_sizes=True)
        error = cost_error(cost, plan.arguments_to_shrink(variables))
        raise RequestFailed([error], FAILURE_COST + _parse_cost(prepared.text))
    return cost


def event_cost(prepared: Prepared, variables: Mapping[str, Any] | None) -> int:
    """Return the cost of rendering one event for a subscription."""
    root_cost = ROOT_FIELD_COSTS[OperationType.SUBSCRIPTION]
    return REPLAY_COST + prepared.plan.cost(variables) - root_cost


def _failure(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})

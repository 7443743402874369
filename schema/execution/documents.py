"""From a request's text to an operation that can run: read, valid, and known in its cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from graphql import (
    GraphQLError,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from models.caching.cache import Cache, Doorkeeper
from schema.execution.cost import plan_of
from schema.execution.lexing import parsed
from schema.execution.limits import (
    MOST_COST,
    MOST_FOUND,
    MOST_TOKENS,
    TOO_DEEP,
    aborted,
    cost_error,
    document_errors,
    plan_errors,
    unparsed,
)
from schema.execution.observation import rejected
from schema.execution.prepared import FAILURE_COST, Prepared, RequestFailed
from schema.execution.selections import selections_of
from schema.execution.validity import is_surely_valid
from schema.root import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import DocumentNode, OperationDefinitionNode

    from schema.execution.cost import Plan
    from schema.execution.selections import Selections

RULES_WITHOUT_INTROSPECTION = (*specified_rules, NoSchemaIntrospectionCustomRule)
MOST_DOCUMENTS = 256
MOST_CHARACTERS = 512 * 1024
"""Of the documents that are remembered together: one takes some 80 bytes a character."""

LONGEST_CACHED = 16_384
READING_COST = 2
MOST_READING_COST = 8_000

Found = TypeVar("Found")

core = schema._schema  # noqa: SLF001 - Strawberry has no public name for it


@dataclass(slots=True, eq=False)
class _Checked:
    """A document, what is wrong with it, and what is known of its operations.

    `reading_cost` is of parsing and validating it, until somebody has paid.
    """

    document: DocumentNode | None
    errors: Sequence[GraphQLError]
    reading_cost: int
    operations: dict[str | None, tuple[Plan, Selections | None]] = field(default_factory=dict)

    def paid(self) -> int:
        """What is still to be paid for the reading."""
        cost, self.reading_cost = self.reading_cost, 0
        return cost

    def known(
        self, text: str, document: DocumentNode, operation: OperationDefinitionNode
    ) -> tuple[Plan, Selections | None]:
        """An operation's plan and what is compiled of it, made when it is first asked for."""
        name = operation.name.value if operation.name else None
        if name not in self.operations:
            plan = plan_of(core, document, operation)
            self.operations[name] = plan, selections_of(document, operation, text)
        return self.operations[name]


def prepare(
    query: str, name: str | None, *, introspection: bool = True, remembers: bool = True
) -> Prepared:
    """Parse and validate a document and choose its operation.

    Args:
        query: the document's text.
        name: of its operation; None where it has one alone.
        introspection: whether the schema can be asked for.
        remembers: whether what follows from the text is found once, and it is read and its
            validity proven by the short ways where they will do (`FastPath.DOCUMENTS`).

    Raises:
        RequestFailed: when it is no valid document, or has no such operation.
    """
    proves, remembers = remembers, remembers and len(query) <= LONGEST_CACHED
    checked, is_remembered = (
        _checked_once(query, introspection)
        if remembers
        else (_checked(query, introspection, proves=proves), False)
    )
    document = checked.document
    if document is None or checked.errors:
        rejected()
        raise RequestFailed(checked.errors, FAILURE_COST + checked.paid())
    operation = get_operation_ast(document, name)
    if operation is None:
        message = (
            "Name one of the document's operations in operationName."
            if name is None
            else "The document has no operation of that name."
        )
        rejected()
        failure = _failure(message, "OPERATION_RESOLUTION_FAILURE")
        raise RequestFailed([failure], FAILURE_COST + checked.paid())
    try:
        plan, selections = checked.known(query, document, operation)
        errors = list(plan_errors(plan))
    except RecursionError:
        errors = [_failure("The operation is nested too deeply.", TOO_DEEP)]
    if errors:
        rejected()
        raise RequestFailed(errors, FAILURE_COST + checked.paid())
    paid = checked.paid()
    return Prepared(query, name, document, operation, plan, selections, paid, is_remembered)


def _checked(query: str, introspection: bool, *, proves: bool = True) -> _Checked:
    cost = min(READING_COST * len(query), MOST_READING_COST)
    try:
        document = (
            parsed(query, MOST_TOKENS)
            if proves
            else parse(query, max_tokens=MOST_TOKENS, allow_empty_selection_sets=False)
        )
        if errors := list(document_errors(document)):
            return _Checked(None, errors, cost)
        if proves and is_surely_valid(core, document):
            return _Checked(document, (), cost)
        errors = validate(
            core,
            document,
            specified_rules if introspection else RULES_WITHOUT_INTROSPECTION,
            max_errors=MOST_FOUND,
            hide_suggestions=True,
            allow_empty_selection_sets=False,
        )
    except GraphQLSyntaxError as error:
        return _Checked(None, [unparsed(error)], cost)
    except RecursionError:
        return _Checked(None, [_failure("The document is nested too deeply.", TOO_DEEP)], cost)
    for found in errors:
        found.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(found.extensions or {})}
    return _Checked(document, [aborted(found) for found in errors], cost)


def _checked_once(query: str, introspection: bool) -> tuple[_Checked, bool]:
    """A checked document, and whether it is remembered: from the second time on, if it is valid.

    Parsing and validating cost more than the execution of most documents (1.4 of 3.9 ms remain).
    To look through 256 documents that came once for garbage held up everybody for 60 ms every
    second. Who repeats a bad one pays each time.
    """
    key = query, introspection
    checked = _documents.get(key)
    if checked is not None:
        return checked, True
    checked = _checked(query, introspection)
    if checked.errors:
        return checked, False
    came_before = _texts.seen_before(key)
    if came_before:
        _documents.put(key, checked, len(query))
    return checked, came_before


_texts = Doorkeeper("texts")
_documents: Cache[tuple[str, bool], _Checked] = Cache("documents", MOST_DOCUMENTS, MOST_CHARACTERS)


def once_a_text(find: Callable[[Prepared], Found]) -> Callable[[Prepared], Found]:
    """Have what follows from a document alone found once; its text is kept, the rest is not."""
    name = find.__module__.rpartition(".")[2]
    known: Cache[str, tuple[Found]] = Cache(name, MOST_DOCUMENTS, MOST_CHARACTERS)

    @wraps(find)
    def found(prepared: Prepared) -> Found:
        if not prepared.is_remembered:
            return find(prepared)
        remembered = known.get(prepared.text)
        if remembered is None:
            remembered = (find(prepared),)
            known.put(prepared.text, remembered, len(prepared.text))
        return remembered[0]

    return found


def cost_of(prepared: Prepared, variables: Mapping[str, Any] | None) -> int:
    """What an operation costs (`schema.execution.cost`).

    Raises:
        RequestFailed: when that is more than any operation may cost.
    """
    cost = prepared.plan.cost(variables)
    if cost > MOST_COST:
        rejected()
        raise RequestFailed([cost_error(cost)])
    return cost


def _failure(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})

"""Limits on GraphQL documents and operations; none of them is configurable.

The limits on documents are checked before validation, because validation is slowest for documents
with many repetitions. This module also sets the limits that graphql-core puts on its own validation
work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLError, OperationDefinitionNode
from graphql.validation import validation_context
from graphql.validation.rules import overlapping_fields_can_be_merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import DocumentNode, GraphQLSyntaxError

    from schema.execution.cost import Plan

MAX_TOKENS = 2_000
MAX_DEFINITIONS = 50
MAX_ALIASES = 30
MAX_DIRECTIVES = 50
MAX_DIRECTIVES_PER_NODE = 5
MAX_DEPTH = 16
MAX_ROOT_FIELDS = 20
MAX_COST = 20_000
MAX_ERRORS = 10
MAX_VALIDATION_ERRORS = 5
MAX_MESSAGE_CHARS = 300

TOO_LARGE = "DOCUMENT_TOO_LARGE"
TOO_COMPLEX = "OPERATION_TOO_COMPLEX"
TOO_DEEP = "OPERATION_TOO_DEEP"
TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
TOO_MANY_DIRECTIVES = "TOO_MANY_DIRECTIVES"
TOO_MANY_ROOT_FIELDS = "TOO_MANY_ROOT_FIELDS"

# graphql-core's documentation allows these assignments; each validation reads the values anew.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 10_000
validation_context.MAX_FRAGMENT_WORK = 5_000


def limit_error(amount: str, code: str, limit: int, **extensions: object) -> GraphQLError:
    """Return the error for an exceeded limit.

    Args:
        amount: the excessive value with its unit, such as "31 aliases".
        code: the error's code.
        limit: the limit that is exceeded.
        extensions: further extensions of the error.
    """
    message = f"{amount}; the limit is {limit:,}."
    return GraphQLError(message, extensions={"code": code, **extensions})


def document_errors(document: DocumentNode) -> Iterator[GraphQLError]:
    """Yield an error for each limit that a document exceeds; the document need not be valid."""
    definitions = len(document.definitions)
    if definitions > MAX_DEFINITIONS:
        amount = f"{definitions:,} operations and fragments"
        yield limit_error(amount, TOO_LARGE, MAX_DEFINITIONS)
    aliases = directives = directives_per_node = 0
    nodes: list[Any] = list(document.definitions)
    while nodes:
        node = nodes.pop()
        if isinstance(node, FieldNode) and node.alias:
            aliases += 1
        count = len(getattr(node, "directives", None) or ())
        directives += count
        directives_per_node = max(directives_per_node, count)
        if isinstance(node, OperationDefinitionNode):
            nodes += node.variable_definitions or ()
        selection_set = getattr(node, "selection_set", None)
        if selection_set:
            nodes += selection_set.selections
    if aliases > MAX_ALIASES:
        yield limit_error(f"{aliases:,} aliases", TOO_MANY_ALIASES, MAX_ALIASES)
    if directives > MAX_DIRECTIVES:
        yield limit_error(f"{directives:,} directives", TOO_MANY_DIRECTIVES, MAX_DIRECTIVES)
    if directives_per_node > MAX_DIRECTIVES_PER_NODE:
        amount = f"{directives_per_node:,} directives at one place"
        yield limit_error(amount, TOO_MANY_DIRECTIVES, MAX_DIRECTIVES_PER_NODE)


def plan_errors(plan: Plan) -> Iterator[GraphQLError]:
    """Yield an error for each limit that an operation exceeds regardless of its variables."""
    if plan.depth > MAX_DEPTH:
        yield limit_error(f"{plan.depth:,} levels of fields", TOO_DEEP, MAX_DEPTH)
    if plan.root_fields > MAX_ROOT_FIELDS:
        amount = f"{plan.root_fields:,} fields at the root"
        yield limit_error(amount, TOO_MANY_ROOT_FIELDS, MAX_ROOT_FIELDS)


def cost_error(cost: int, arguments: str | None) -> GraphQLError:
    """Return the error for an operation whose cost exceeds the limit.

    Args:
        cost: the operation's cost.
        arguments: the arguments whose reduction saves the most cost, such as "`first` of
            `experts`", if any.
    """
    details = {"requested": cost, "limit": MAX_COST}
    error = limit_error(f"The operation costs {cost:,}", TOO_COMPLEX, MAX_COST, cost=details)
    advice = f"Ask for less with {arguments}." if arguments else "Select fewer fields."
    error.message += f" {advice}"
    return error


def syntax_error(error: GraphQLSyntaxError) -> GraphQLError:
    """Add an error code to the syntax error of a document that cannot be parsed, and return it."""
    code = "GRAPHQL_PARSE_FAILED"
    if error.description.startswith("Document contains more than"):
        code = TOO_LARGE
    elif error.description.startswith("Document is nested too deeply"):
        code = TOO_DEEP
    error.extensions = {"code": code}
    return error


def validation_error(error: GraphQLError) -> GraphQLError:
    """Return the error that clients get for a validation error of graphql-core."""
    if error.message == "Validation aborted.":
        message = "The document repeats too many fields, fragments or arguments to be checked."
        return GraphQLError(message, extensions={"code": TOO_COMPLEX})
    if isinstance(error.original_error, ValueError):  # raised by int() for a very long literal
        message = "A number has too many digits."
        return GraphQLError(message, error.nodes, extensions=error.extensions)
    return error


def truncate_message(message: str) -> str:
    """Shorten a message to the maximum length, since it may quote long text from the client."""
    return message if len(message) <= MAX_MESSAGE_CHARS else f"{message[:MAX_MESSAGE_CHARS]}…"

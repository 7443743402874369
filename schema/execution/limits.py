"""Limits of documents and operations, which hold whatever the settings say.

Those of a document are looked at before it is validated, since validating takes longest where a
document repeats itself; the validator's own limits of work are set here to some 50 ms.
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

MOST_TOKENS = 2_000
MOST_DEFINITIONS = 50
MOST_ALIASES = 30
MOST_DIRECTIVES = 50
MOST_DIRECTIVES_AT_ONCE = 5
MOST_DEPTH = 16
MOST_ROOT_FIELDS = 20
MOST_COST = 20_000
MOST_ERRORS = 10
MOST_FOUND = 5
LONGEST_MESSAGE = 300

TOO_LARGE = "DOCUMENT_TOO_LARGE"
TOO_COMPLEX = "OPERATION_TOO_COMPLEX"
TOO_DEEP = "OPERATION_TOO_DEEP"
TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
TOO_MANY_DIRECTIVES = "TOO_MANY_DIRECTIVES"
TOO_MANY_ROOT_FIELDS = "TOO_MANY_ROOT_FIELDS"

# The library's documented way: it reads these when a validation begins.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 10_000
validation_context.MAX_FRAGMENT_WORK = 5_000


def limit_error(what: str, code: str, found: float, limit: int, **more: object) -> GraphQLError:
    """The error of a limit that is passed; it names the limit and what was found."""
    message = f"{what}: {found:,} where at most {limit:,} may be."
    return GraphQLError(message, extensions={"code": code, **more})


def document_errors(document: DocumentNode) -> Iterator[GraphQLError]:
    """What a document has too much of, before anything of it is known to be valid."""
    definitions = len(document.definitions)
    if definitions > MOST_DEFINITIONS:
        yield limit_error("Operations and fragments", TOO_LARGE, definitions, MOST_DEFINITIONS)
    aliases = directives = at_once = 0
    nodes: list[Any] = list(document.definitions)
    while nodes:
        node = nodes.pop()
        if isinstance(node, FieldNode) and node.alias:
            aliases += 1
        here = len(getattr(node, "directives", None) or ())
        directives += here
        at_once = max(at_once, here)
        if isinstance(node, OperationDefinitionNode):
            nodes += node.variable_definitions or ()
        selected = getattr(node, "selection_set", None)
        if selected:
            nodes += selected.selections
    if aliases > MOST_ALIASES:
        yield limit_error("Aliases", TOO_MANY_ALIASES, aliases, MOST_ALIASES)
    if directives > MOST_DIRECTIVES:
        yield limit_error("Directives", TOO_MANY_DIRECTIVES, directives, MOST_DIRECTIVES)
    if at_once > MOST_DIRECTIVES_AT_ONCE:
        yield limit_error(
            "Directives at one place", TOO_MANY_DIRECTIVES, at_once, MOST_DIRECTIVES_AT_ONCE
        )


def plan_errors(plan: Plan) -> Iterator[GraphQLError]:
    """What an operation has too much of, whatever its variables."""
    if plan.depth > MOST_DEPTH:
        yield limit_error("Levels of fields", TOO_DEEP, plan.depth, MOST_DEPTH)
    if plan.root_fields > MOST_ROOT_FIELDS:
        yield limit_error(
            "Fields at the root", TOO_MANY_ROOT_FIELDS, plan.root_fields, MOST_ROOT_FIELDS
        )


def cost_error(cost: int) -> GraphQLError:
    """The error of an operation that costs too much."""
    counted = {"requested": cost, "limit": MOST_COST}
    return limit_error("Cost", TOO_COMPLEX, cost, MOST_COST, cost=counted)


def unparsed(error: GraphQLSyntaxError) -> GraphQLError:
    """The error of a document that cannot be read, as clients know it."""
    code = "GRAPHQL_PARSE_FAILED"
    if error.description.startswith("Document contains more than"):
        code = TOO_LARGE
    elif error.description.startswith("Document is nested too deeply"):
        code = TOO_DEEP
    error.extensions = {"code": code}
    return error


def aborted(error: GraphQLError) -> GraphQLError:
    """The error of a validation; what was too much work says why it was given up."""
    if error.message == "Validation aborted.":
        message = "The document repeats too many fields, fragments or arguments to be checked."
        return GraphQLError(message, extensions={"code": TOO_COMPLEX})
    if isinstance(error.original_error, ValueError):  # Python's own, of thousands of digits
        message = "A number has too many digits."
        return GraphQLError(message, error.nodes, extensions=error.extensions)
    return error


def shortened(message: str) -> str:
    """A message without most of the text that a client has sent, if it is in there."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"

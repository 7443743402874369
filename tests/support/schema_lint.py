"""Schema linter, with rules from GitHub's linter, GraphQL-ESLint and Relay, and some of our own.

Each rule takes a schema and yields its findings, which begin with a schema coordinate.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphql import (
    DEFAULT_DEPRECATION_REASON,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLUnionType,
    get_named_type,
    validate_schema,
)

from tests.support import relay_lint
from tests.support.coordinates import (
    elements,
    fields_of,
    own_types,
    reachable_types,
    typed_elements,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import GraphQLSchema

PASCAL: Final = re.compile(r"([A-Z][a-z]+)+")
CAMEL: Final = re.compile(r"[a-z]+([A-Z][a-z]+)*")
UPPER: Final = re.compile(r"[A-Z]+(_[A-Z]+)*")
SENTENCE: Final = re.compile(r"[A-Z0-9].*[.]", re.DOTALL)
KINDS: Final = ("Type", "Enum", "Interface", "Union", "Object", "Scalar")
INPUTS: Final = ("Input", "Filter", "Order")
FLAG: Final = re.compile(r"(is|has|can|should|was)[A-Z].*")
VERBS: Final = frozenset(
    [
        *("answer", "book", "cancel", "change", "complete", "confirm", "create", "end", "hide"),
        *("hold", "login", "logout", "mark", "refresh", "register", "remove", "request"),
        *("reschedule", "resend", "reset", "set", "sign", "start", "update", "verify", "write"),
    ]
)


def valid(schema: GraphQLSchema) -> Iterator[str]:
    """Require a schema that is valid according to the GraphQL specification."""
    yield from (f"Schema: {error.message}" for error in validate_schema(schema))


def described(schema: GraphQLSchema) -> Iterator[str]:
    """Require a description for every element, with a leading capital and a final full stop."""
    for coordinate, _, definition in elements(schema):
        if not definition.description:
            yield f"{coordinate}: has no description"
        elif not SENTENCE.fullmatch(definition.description):
            yield f"{coordinate}: its description is not a sentence"


def named(schema: GraphQLSchema) -> Iterator[str]:
    """Require PascalCase for types, camelCase for fields, and UPPER_CASE for enum values."""
    for coordinate, name, definition in elements(schema):
        style, pattern = "camelCase", CAMEL
        if isinstance(definition, GraphQLEnumValue):
            style, pattern = "UPPER_CASE", UPPER
        elif isinstance(definition, GraphQLNamedType):
            style, pattern = "PascalCase", PASCAL
        if not pattern.fullmatch(name):
            yield f"{coordinate}: is not {style}"


def concise(schema: GraphQLSchema) -> Iterator[str]:
    """Forbid redundant words in names.

    The name of a type must not end with its kind, as in `FooType`. The name of a field must not
    repeat the name of its type, and must not begin with a verb such as `get`.
    """
    for type_ in own_types(schema):
        if type_.name.endswith(KINDS):
            yield f"{type_.name}: repeats the kind of type"
        for name in fields_of(type_):
            if name.lower().startswith(type_.name.lower()) or name.endswith(type_.name):
                yield f"{type_.name}.{name}: repeats the name of its type"
            if re.match(r"(get|fetch|list|query)[A-Z]", name):
                yield f"{type_.name}.{name}: begins with a reading verb"


def inputs(schema: GraphQLSchema) -> Iterator[str]:
    """Require the names of input types to end with Input, Filter or Order."""
    for type_ in own_types(schema):
        if isinstance(type_, GraphQLInputObjectType) and not type_.name.endswith(INPUTS):
            yield f"{type_.name}: does not end with {', '.join(INPUTS)}"


def mutations(schema: GraphQLSchema) -> Iterator[str]:
    """Require mutation names to begin with a verb, and mutations to take one required `input`."""
    for name, field in fields_of(schema.mutation_type).items():
        if re.split("[A-Z]", name)[0] not in VERBS:
            yield f"Mutation.{name}: does not begin with a known verb"
        of = field.args["input"].type if field.args.keys() == {"input"} else None
        if not isinstance(of, GraphQLNonNull) or not isinstance(of.of_type, GraphQLInputObjectType):
            yield f"Mutation.{name}: does not take a single required `input`"


def results(schema: GraphQLSchema) -> Iterator[str]:
    """Require mutations to return a union FooResult: one success type, followed by refusals."""
    for name, field in fields_of(schema.mutation_type).items():
        result = field.type.of_type if isinstance(field.type, GraphQLNonNull) else None
        if not isinstance(result, GraphQLUnionType) or not result.name.endswith("Result"):
            yield f"Mutation.{name}: does not return a non-null union FooResult"
            continue
        are_refusals = ["Refusal" in [each.name for each in of.interfaces] for of in result.types]
        if are_refusals != [False] + [True] * (len(are_refusals) - 1):
            yield f"Mutation.{name}: {result.name} is not a success type followed by refusals"


def deprecations(schema: GraphQLSchema) -> Iterator[str]:
    """Require deprecation reasons to name the replacement in backticks."""
    for coordinate, _, definition in elements(schema):
        reason = None if isinstance(definition, GraphQLNamedType) else definition.deprecation_reason
        if reason is not None and (reason == DEFAULT_DEPRECATION_REASON or "`" not in reason):
            yield f"{coordinate}: is deprecated without naming a replacement"


def flags(schema: GraphQLSchema) -> Iterator[str]:
    """Forbid prefixes in the names of Booleans: `mine`, not `isMine`. `PageInfo` is exempt."""
    for coordinate, name, definition in typed_elements(schema):
        is_exempt = coordinate.startswith("PageInfo.")
        if (
            not is_exempt
            and get_named_type(definition.type).name == "Boolean"
            and FLAG.fullmatch(name)
        ):
            yield f"{coordinate}: is a Boolean with a prefix"


def lists(schema: GraphQLSchema) -> Iterator[str]:
    """Require list items to be non-null, and lists that fields return to be non-null, too."""
    for coordinate, _, definition in typed_elements(schema):
        inner = (
            definition.type.of_type
            if isinstance(definition.type, GraphQLNonNull)
            else definition.type
        )
        if isinstance(inner, GraphQLList):
            if not isinstance(inner.of_type, GraphQLNonNull):
                yield f"{coordinate}: is a list with nullable items"
            if isinstance(definition, GraphQLField) and inner is definition.type:
                yield f"{coordinate}: is a nullable list"


def used(schema: GraphQLSchema) -> Iterator[str]:
    """Require every type to be reachable from an operation."""
    reachable = reachable_types(schema)
    for type_ in own_types(schema):
        if type_.name not in reachable:
            yield f"{type_.name}: is not reachable from any operation"


RULES: Final[tuple[Callable[[GraphQLSchema], Iterator[str]], ...]] = (
    *(valid, described, named, concise, inputs, mutations, results, deprecations, flags, lists),
    *(used, *relay_lint.RULES),
)

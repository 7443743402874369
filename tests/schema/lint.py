"""A linter of schemas: what GitHub's, GraphQL-ESLint's and Relay's rules ask for, and our own.

A rule takes a schema and says what it finds; each finding begins with its place.
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

from tests.schema import relay
from tests.schema.places import fields_of, places, reached, typed, types_of

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
        *("book", "cancel", "change", "complete", "confirm", "create", "hold", "login", "logout"),
        *("mark", "refresh", "register", "remove", "request", "reschedule", "reset", "set"),
        *("update", "verify"),
    ]
)


def valid(schema: GraphQLSchema) -> Iterator[str]:
    """The schema is one by GraphQL's specification."""
    yield from (f"Schema: {error.message}" for error in validate_schema(schema))


def described(schema: GraphQLSchema) -> Iterator[str]:
    """Everything has a description, which begins with a capital and ends with a full stop."""
    for path, _, part in places(schema):
        if not part.description:
            yield f"{path}: has no description"
        elif not SENTENCE.fullmatch(part.description):
            yield f"{path}: its description is no sentence"


def named(schema: GraphQLSchema) -> Iterator[str]:
    """Types are in PascalCase, fields in camelCase, values in UPPER_CASE."""
    for path, name, part in places(schema):
        style, pattern = "camelCase", CAMEL
        if isinstance(part, GraphQLEnumValue):
            style, pattern = "UPPER_CASE", UPPER
        elif isinstance(part, GraphQLNamedType):
            style, pattern = "PascalCase", PASCAL
        if not pattern.fullmatch(name):
            yield f"{path}: is not {style}"


def concise(schema: GraphQLSchema) -> Iterator[str]:
    """A name does not say which kind of type it is, whose field, or that it is read."""
    for type_ in types_of(schema):
        if type_.name.endswith(KINDS):
            yield f"{type_.name}: says which kind of type it is"
        for name in fields_of(type_):
            if name.lower().startswith(type_.name.lower()) or name.endswith(type_.name):
                yield f"{type_.name}.{name}: says whose field it is"
            if re.match(r"(get|fetch|list|query)[A-Z]", name):
                yield f"{type_.name}.{name}: says that it is read"


def inputs(schema: GraphQLSchema) -> Iterator[str]:
    """What goes in is named FooInput; what narrows and orders a list FooFilter and FooOrder."""
    for type_ in types_of(schema):
        if isinstance(type_, GraphQLInputObjectType) and not type_.name.endswith(INPUTS):
            yield f"{type_.name}: is not named {', '.join(INPUTS)}"


def mutations(schema: GraphQLSchema) -> Iterator[str]:
    """A mutation is a verb and takes one `input`, which must be given."""
    for name, field in fields_of(schema.mutation_type).items():
        if re.split("[A-Z]", name)[0] not in VERBS:
            yield f"Mutation.{name}: does not begin with a verb of this linter's list"
        of = field.args["input"].type if field.args.keys() == {"input"} else None
        if not isinstance(of, GraphQLNonNull) or not isinstance(of.of_type, GraphQLInputObjectType):
            yield f"Mutation.{name}: does not take `input` alone"


def results(schema: GraphQLSchema) -> Iterator[str]:
    """A mutation answers with a FooResult: the wished thing, or one of the refusals after it."""
    for name, field in fields_of(schema.mutation_type).items():
        answer = field.type.of_type if isinstance(field.type, GraphQLNonNull) else None
        if not isinstance(answer, GraphQLUnionType) or not answer.name.endswith("Result"):
            yield f"Mutation.{name}: does not always answer with a union FooResult"
            continue
        refused = ["Refusal" in [each.name for each in of.interfaces] for of in answer.types]
        if refused != [False] + [True] * (len(refused) - 1):
            yield f"Mutation.{name}: {answer.name} is not one wished thing and then refusals"


def deprecations(schema: GraphQLSchema) -> Iterator[str]:
    """What goes away names, in backticks, what to use instead."""
    for path, _, part in places(schema):
        reason = None if isinstance(part, GraphQLNamedType) else part.deprecation_reason
        if reason is not None and (reason == DEFAULT_DEPRECATION_REASON or "`" not in reason):
            yield f"{path}: is deprecated without a name of what to use instead"


def flags(schema: GraphQLSchema) -> Iterator[str]:
    """A yes or no is named by what is so, `mine` and not `isMine`; Relay's own stay."""
    for path, name, part in typed(schema):
        is_own = not path.startswith("PageInfo.")
        if is_own and get_named_type(part.type).name == "Boolean" and FLAG.fullmatch(name):
            yield f"{path}: is a flag with a prefix"


def lists(schema: GraphQLSchema) -> Iterator[str]:
    """A list has no holes, and where one is answered it is empty rather than null."""
    for path, _, part in typed(schema):
        inner = part.type.of_type if isinstance(part.type, GraphQLNonNull) else part.type
        if isinstance(inner, GraphQLList):
            if not isinstance(inner.of_type, GraphQLNonNull):
                yield f"{path}: is a list with holes"
            if isinstance(part, GraphQLField) and inner is part.type:
                yield f"{path}: is a list that can be null"


def used(schema: GraphQLSchema) -> Iterator[str]:
    """Operations lead to every type."""
    found = reached(schema)
    for type_ in types_of(schema):
        if type_.name not in found:
            yield f"{type_.name}: no operation leads to it"


RULES: Final[tuple[Callable[[GraphQLSchema], Iterator[str]], ...]] = (
    *(valid, described, named, concise, inputs, mutations, results, deprecations, flags, lists),
    *(used, *relay.RULES),
)

"""Direct calls of asynchronous resolvers, without the wrappers that Strawberry puts around them.

Strawberry looks up a field's arguments, extensions and exception handlers on every call. Here they
are looked up once per field.
"""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.inputs import converter_of
from schema.root import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import GraphQLObjectType, GraphQLResolveInfo
    from strawberry.types.fields.resolver import StrawberryResolver

    Converter: TypeAlias = Callable[[Any], Any] | None

DEFINITION: Final = GraphQLCoreConverter.DEFINITION_BACKREF
WRAPPER_QUALNAME: Final = (
    f"{GraphQLCoreConverter.from_resolver.__qualname__}.<locals>._async_resolver"
)
"""Qualified name of the function that Strawberry wraps around asynchronous resolvers."""

_converter = schema.schema_converter


class ResolverCall:
    """Calls the resolver of a field and converts its exceptions with the field's handlers."""

    __slots__ = (
        "_argument_converters",
        "_field",
        "_function",
        "_handlers",
        "_info",
        "_self",
        "_sources",
    )

    def __init__(self, field: StrawberryField, resolver: StrawberryResolver[Any]) -> None:
        self._field = field
        self._function: Callable[..., Any] = resolver.wrapped_func  # type: ignore[assignment] # asynchronous
        self._argument_converters = _argument_converters(field)
        self._handlers = _converter._get_field_exception_handlers(field)  # noqa: SLF001 - no public equivalent
        self._self = resolver.self_parameter is not None
        self._sources = [
            parameter.name
            for parameter in (resolver.parent_parameter, resolver.root_parameter)
            if parameter
        ]
        self._info = resolver.info_parameter.name if resolver.info_parameter else None

    async def invoke(
        self, source: Any, raw_info: GraphQLResolveInfo[Any], values: Mapping[str, Any]
    ) -> Any:
        """Call the resolver and return its result, or the result of an exception handler.

        Args:
            source: parent object of the field.
            raw_info: graphql-core's resolve info.
            values: arguments coerced by graphql-core.
        """
        info = _converter.config.info_class(_raw_info=raw_info, _field=self._field)
        try:
            keywords = self._keyword_arguments(values, info)
            for name in self._sources:
                keywords[name] = source
            if self._info:
                keywords[self._info] = info
            positional = (source,) if self._self else ()
            return await self._function(*positional, **keywords)
        except Exception as error:
            handler = next(
                (each for types, each in self._handlers if isinstance(error, types)), None
            )
            if handler is None:
                raise
            handled = handler.handle(error, field=self._field, info=info)
            if inspect.isawaitable(handled):
                handled = await handled
            if handled is None:
                raise
            return handled

    def _keyword_arguments(self, values: Mapping[str, Any], info: Any) -> dict[str, Any]:
        """Return the resolver's keyword arguments."""
        if self._argument_converters is None:
            return convert_arguments(
                dict(values),
                self._field.arguments,
                scalar_registry=_converter.scalar_registry,
                config=_converter.config,
                info=info,
            )
        keywords = {}
        for name, python_name, convert in self._argument_converters:
            if name in values:
                value = values[name]
                keywords[python_name] = convert(value) if convert and value is not None else value
        return keywords


def resolver_call(parent_type: GraphQLObjectType, name: str) -> ResolverCall | None:
    """Return the call of a field's resolver.

    None if the field has no asynchronous resolver, or has extensions.
    """
    definition = parent_type.fields.get(name)
    if getattr(getattr(definition, "resolve", None), "__qualname__", None) != WRAPPER_QUALNAME:
        return None
    return _resolver_call(parent_type, name)


@lru_cache(maxsize=1024)
def _resolver_call(parent_type: GraphQLObjectType, name: str) -> ResolverCall | None:
    field = parent_type.fields[name].extensions.get(DEFINITION)
    if not isinstance(field, StrawberryField) or field.extensions or field.is_subscription:
        return None
    resolver = field.base_resolver
    if resolver is None or not inspect.iscoroutinefunction(resolver.wrapped_func):
        return None
    return ResolverCall(field, resolver)


def _argument_converters(field: StrawberryField) -> Sequence[tuple[str, str, Converter]] | None:
    """Return the GraphQL name, Python name and converter of each argument.

    None if an argument's type has no converter.
    """
    config = _converter.config
    try:
        return [
            (
                config.name_converter.from_argument(argument),
                argument.python_name,
                converter_of(argument.type, config),
            )
            for argument in field.arguments
        ]
    except TypeError:
        return None

"""Construction of models from trusted values, without Pydantic's validation.

Validation would dominate the cost of a booking. A test reads the stored documents back with
validation and compares them.
"""

from __future__ import annotations

from copy import copy
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo, ModelPrivateAttr

Model = TypeVar("Model", bound="BaseModel")


class _Defaults(NamedTuple):
    """Default values of attributes: shared values, and factories of values made per object."""

    values: Mapping[str, Any]
    factories: Sequence[tuple[str, Callable[[], Any]]]


def construct_unchecked(of: type[Model], **given: Any) -> Model:
    """Return a model with the given field values, which must have the declared types."""
    (values, factories), private = _defaults(of)
    fields = {**values, **given}
    for name, factory in factories:
        if name not in given:
            fields[name] = factory()
    model = of.__new__(of)
    put = object.__setattr__
    put(model, "__dict__", fields)
    put(model, "__pydantic_fields_set__", set(given))
    put(model, "__pydantic_extra__", None)
    put(model, "__pydantic_private__", private and _evaluated(private))
    return model


def _evaluated(defaults: _Defaults) -> dict[str, Any]:
    return {**defaults.values, **{name: factory() for name, factory in defaults.factories}}


@cache
def _defaults(of: type[BaseModel]) -> tuple[_Defaults, _Defaults | None]:
    """Return the defaults of a class's fields, and of its private attributes if it has any."""
    fields = ((name, field) for name, field in of.model_fields.items() if not field.is_required())
    private = of.__private_attributes__
    return _defaults_of(fields), _defaults_of(private.items()) if private else None


def _defaults_of(attributes: Iterable[tuple[str, FieldInfo | ModelPrivateAttr]]) -> _Defaults:
    values: dict[str, Any] = {}
    factories: list[tuple[str, Callable[[], Any]]] = []
    for name, attribute in attributes:
        default, factory = attribute.default, attribute.default_factory
        if factory is not None:
            factories.append((name, partial(factory)))
        elif isinstance(default, (list, dict, set)):
            factories.append((name, partial(copy, default)))
        else:
            values[name] = default
    return _Defaults(values, factories)

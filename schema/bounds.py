"""Limits on the lists and texts in arguments, checked before the resolvers run.

Lists and texts that are not named here have a default limit, so every argument is limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_union_type,
)

from auth.passwords import MAX_TYPED_LENGTH
from models.accounts import links
from models.accounts.emails import MAX_EMAIL_CHARS
from models.bookings.booking import BookingStatus
from models.directory import experts, filters
from models.errors import BadUserInput, InvalidInput, Problem
from models.ids import MAX_ID_LENGTH
from models.store.search import MAX_SEARCH_LENGTH
from models.text import MAX_SLUG_LENGTH
from resolvers import (
    administration,
    availability,
    calendars,
    checks,
    moves,
    places,
    reservations,
    reviews,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from graphql import GraphQLArgument, GraphQLField, GraphQLInputField, GraphQLSchema

    Check: TypeAlias = Callable[[Any, str], Iterator[Problem]]
    """Yields the problems of a value, given its path."""

    Refuse: TypeAlias = Callable[[InvalidInput, Any], object]
    """Converts an exception to the schema's `InvalidInput` type, given the resolver's info."""

TOLERANCE: Final = 2
"""Values up to this multiple of their limit reach the resolver. The resolver trims spaces and drops
past dates before it applies the limit, and reports the problems of all fields together."""

DEFAULT_ITEMS: Final = 100
DEFAULT_CHARS: Final = 2_000

MAX_ITEMS: Final[Mapping[str, int]] = {
    "BookSlotsInput.slotIds": reservations.MAX_SLOTS_PER_BOOKING,
    "BookingFilter.statuses": len(BookingStatus),
    "CreateExpertInput.languages": administration.MAX_LANGUAGES,
    "CreateExpertInput.offers": availability.MAX_OFFERS,
    "CreateExpertInput.weekly": availability.MAX_WEEKLY_RANGES,
    "DateOverrideInput.hours": availability.MAX_RANGES_PER_DAY,
    "ExpertFilter.categories": len(experts.Category),
    "ExpertFilter.languages": filters.MAX_LANGUAGES,
    "SetAvailabilityInput.offers": availability.MAX_OFFERS,
    "SetAvailabilityInput.overrides": calendars.MAX_OVERRIDES,
    "SetAvailabilityInput.weekly": availability.MAX_WEEKLY_RANGES,
    "UpdateExpertInput.languages": administration.MAX_LANGUAGES,
    "UpdateMyExpertInput.languages": administration.MAX_LANGUAGES,
}
"""Maximum numbers of items of single lists, keyed by schema coordinate."""

MAX_CHARS: Final[Mapping[str, int]] = {
    "after": MAX_ID_LENGTH,
    "before": MAX_ID_LENGTH,
    "bio": administration.MAX_BIO_CHARS,
    "code": MAX_TYPED_LENGTH,
    "contactEmail": MAX_EMAIL_CHARS,
    "currency": 3,
    "current": MAX_TYPED_LENGTH,
    "details": places.MAX_URL_CHARS,
    "email": MAX_EMAIL_CHARS,
    "idempotencyKey": reservations.MAX_IDEMPOTENCY_KEY_CHARS,
    "languages": administration.MAX_LANGUAGE_CHARS,
    "name": checks.MAX_NAME_CHARS,
    "note": reservations.MAX_NOTE_CHARS,
    "password": MAX_TYPED_LENGTH,
    "phone": checks.MAX_PHONE_CHARS,
    "reason": moves.MAX_REASON_CHARS,
    # This limit is high, because the resolver reads only the start of an overlong token, and
    # refuses the token with SessionEnded.
    "refreshToken": 10_000,
    "search": MAX_SEARCH_LENGTH,
    "slug": MAX_SLUG_LENGTH,
    "text": reviews.MAX_TEXT_CHARS,
    "title": administration.MAX_TITLE_CHARS,
    "token": links.MAX_TOKEN_LENGTH,
}
"""Maximum lengths of single `String` arguments and input fields, keyed by their names."""

_arguments: Final[dict[str, Check]] = {}
"""Checks of the arguments of fields, keyed by the field's schema coordinate."""


def guard(schema: GraphQLSchema, refuse: Refuse) -> None:
    """Wrap the resolvers of a schema, so that the arguments are checked before a resolver runs.

    If an argument is too long, the result is `InvalidInput` if the field's union has that member;
    otherwise, it is the error BAD_USER_INPUT.
    """
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            found = _object_check(field.args, coordinate, "({})")
            if found is None:
                continue
            _arguments[coordinate] = found
            if type_ is schema.subscription_type:
                field.subscribe = _guarded(field.subscribe, found, None)
            else:
                has_type = "InvalidInput" in _member_names(field)
                field.resolve = _guarded(field.resolve, found, refuse if has_type else None)


def require_bounds(coordinate: str, arguments: Mapping[str, Any]) -> None:
    """Check the arguments of a field that is executed without its resolver.

    Raises:
        BadUserInput: if a list or text is too long.
    """
    if problems := list(_arguments[coordinate](arguments, "")):
        raise _bad_input(problems)


def _guarded(
    resolve: Callable[..., Any] | None, check: Check, refuse: Refuse | None
) -> Callable[..., Any]:
    if resolve is None:
        raise TypeError("a field with arguments needs a resolver")

    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        if arguments and (problems := list(check(arguments, ""))):
            if refuse is None:
                raise _bad_input(problems)
            return refuse(InvalidInput(problems), info)
        return resolve(source, info, **arguments)

    return guarded


def _bad_input(problems: Sequence[Problem]) -> BadUserInput:
    return BadUserInput(f"{problems[0].field}: {problems[0].message}")


def _member_names(field: GraphQLField) -> set[str]:
    named = get_named_type(field.type)
    return {member.name for member in named.types} if is_union_type(named) else set()


def _check_of(type_: Any, name: str, coordinate: str) -> Check | None:
    """Return the check of an argument's type; None if none of its values can be too long."""
    nullable = get_nullable_type(type_)
    if isinstance(nullable, GraphQLList):
        limit = MAX_ITEMS.get(coordinate, DEFAULT_ITEMS)
        return _list_check(limit, _check_of(nullable.of_type, name, coordinate))
    if isinstance(nullable, GraphQLInputObjectType):
        return _object_check(nullable.fields, nullable.name, ".{}")
    if nullable.name == "ID":
        return _text_check(MAX_ID_LENGTH)
    if nullable.name == "String":
        return _text_check(MAX_CHARS.get(name, DEFAULT_CHARS))
    return None


def _object_check(
    fields: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    owner: str,
    coordinate: str,
) -> Check | None:
    found = {
        name: check_field
        for name, field in fields.items()
        if (check_field := _check_of(field.type, name, owner + coordinate.format(name)))
    }

    def check(value: Any, path: str) -> Iterator[Problem]:
        for name, check_field in found.items():
            if (given := value.get(name)) is not None:
                # The paths of problems omit the argument name `input`.
                yield from check_field(given, _joined(path, "" if name == "input" else name))

    return check if found else None


def _list_check(limit: int, check_item: Check | None) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if len(value) > TOLERANCE * limit:
            yield Problem(path, f"{len(value):,} items; the limit is {limit:,}.")
        elif check_item:
            for index, item in enumerate(value):
                if item is not None:
                    yield from check_item(item, _joined(path, str(index)))

    return check


def _text_check(limit: int) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if len(value) > TOLERANCE * limit:
            yield Problem(path, f"{len(value):,} characters; the limit is {limit:,}.")

    return check


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name

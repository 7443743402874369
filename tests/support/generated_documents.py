"""Random GraphQL documents and resolver results, for the comparison of two executors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import strawberry
from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_composite_type,
    is_required_argument,
)

from models import errors
from models.bookings.booking import BookingStatus
from models.calendar import errors as calendar_errors
from models.calendar.places import PlaceKind
from models.calendar.slots import Slot as ModelSlot
from models.calendar.slots import SlotKey, SlotStatus
from models.directory.experts import Category
from models.ids import Id
from schema.bookings import Booking
from schema.contacts import Contact
from schema.errors import (
    FieldProblem,
    InvalidInput,
    RefusalCode,
    SlotNotOffered,
    SlotTaken,
    TooLate,
)
from schema.experts import Expert
from schema.nodes import Money
from schema.pages import Connection, Edge, PageInfo
from schema.places import Place
from schema.root import core
from schema.slots import CalendarReset, Slot, SlotEvent, SlotEventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from random import Random

    from graphql import GraphQLNamedType

MAX_SELECTIONS = 18
FLAGS = (True, False)
KEY = Id("65f000000000000000000001")
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class Awaitable:
    """Awaitable that can be awaited repeatedly."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, None, object]:
        yield from asyncio.sleep(0).__await__()
        return self._value


class Unreadable:
    """Object that raises an exception whenever an attribute is read."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"cannot read {name}")


INVALID_VALUES: tuple[object, ...] = (
    *(None, Undefined, 5, True, 2**40, 0.5, float("nan"), "text", b"bytes", [], ["a", None], {}),
    *(Category.HEALTH, SlotStatus.HELD, "HEALTH", NOON, NOON.date(), ValueError("a value")),
    *(Awaitable("text"), Awaitable(None), Awaitable(ValueError("late")), Unreadable()),
    Money(amount=5, currency="EUR", decimals=2),
    CalendarReset(cursor="c", sequence=1, expert_id=KEY, at=5),  # type: ignore[arg-type] # deliberately wrong
)


SLOT_TAKEN = calendar_errors.SlotTaken(
    [ModelSlot(SlotKey(KEY, 2_000_000, 30), 5, SlotStatus.BOOKED)], 3
)
EXCEPTIONS = (
    SLOT_TAKEN,
    calendar_errors.SlotNotOffered("a slot"),
    errors.InvalidInput([errors.Problem("note", "Too long")]),
    errors.TooLate(NOON),
    errors.NotAllowed(),
    errors.BadUserInput("id: not a global id"),
    ValueError("unexpected"),
    GraphQLError("a GraphQL error", extensions={"code": "OWN"}),
)


@dataclass
class DocumentWriter:
    """Writes random selection sets; collects the fragments and variables that they use."""

    random: Random
    fragments: dict[str, str] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    remaining: int = MAX_SELECTIONS

    def selections(self, type_: GraphQLNamedType, depth: int) -> str:
        """Return a random selection set for a type."""
        count = self.random.randint(1, 4) if self.remaining > 0 else 1
        written = [self._selection(type_, depth) for _ in range(count)]
        return "{ " + " ".join(written) + " }"

    def _selection(self, type_: GraphQLNamedType, depth: int) -> str:
        self.remaining -= 1
        kind = self.random.choice(["field"] * 6 + ["inline", "spread"])
        if kind == "field" or depth <= 0 or self.remaining <= 0:
            return self._field(type_, depth)
        on: GraphQLNamedType = type_
        if isinstance(type_, GraphQLUnionType):
            on = self.random.choice([*type_.types, *type_.types[-1].interfaces])
        elif isinstance(type_, GraphQLInterfaceType):
            on = self.random.choice([type_, *core.get_possible_types(type_)])
        elif isinstance(type_, GraphQLObjectType) and type_.interfaces:
            on = self.random.choice([type_, *type_.interfaces])
        if kind == "inline" and on is type_ and self.random.random() < 0.5:
            return f"... {self._directive()} {self.selections(on, depth - 1)}"
        inner = self.selections(on, depth - 1)
        if kind == "inline":
            return f"... on {on} {self._directive()} {inner}"
        name = f"F{len(self.fragments)}"
        self.fragments[name] = f"fragment {name} on {on} {inner}"
        return f"...{name} {self._directive()}"

    def _field(self, type_: GraphQLNamedType, depth: int) -> str:
        names = ["__typename"]
        fields = getattr(type_, "fields", {})
        for name, each in fields.items():
            is_composite = is_composite_type(get_named_type(each.type))
            may_nest = depth > 0 and self.remaining > 0
            if not any(map(is_required_argument, each.args.values())) and (
                may_nest or not is_composite
            ):
                names.append(name)
        name = self.random.choice(names)
        alias = self.random.choice(["", "", "", f"{name}1: ", f"{name}2: "])
        written = f"{alias}{name} {self._directive()}"
        if name in fields and is_composite_type(inner := get_named_type(fields[name].type)):
            written += self.selections(inner, depth - 1)
        return written

    def _directive(self) -> str:
        name = self.random.choice([""] * 12 + ["@skip", "@include"])
        if not name:
            return ""
        value = self.random.choice(["true", "false", "$yes", "$no"])
        if value.startswith("$"):
            self.variables.add(value)
        return f"{name}(if: {value})"


def random_document(random: Random, kind: str, root: str, declared: str = "") -> str:
    """Return a document that selects one root field, with random selections below it.

    Args:
        random: source of randomness.
        kind: kind of the operation, such as "query".
        root: root field with its arguments.
        declared: declarations of the variables in those arguments.
    """
    name, _, arguments = root.partition("(")
    type_ = core.type_map[kind.title()]
    assert isinstance(type_, GraphQLObjectType)
    writer = DocumentWriter(random)
    selections = writer.selections(get_named_type(type_.fields[name].type), random.randint(2, 5))
    flags = [f"{each}: Boolean!" for each in sorted(writer.variables)]
    declared = ", ".join([declared, *flags] if declared else flags)
    head = f"{kind} Random({declared})" if declared else f"{kind} Random"
    fragments = "\n".join(writer.fragments.values())
    return f"{head} {{ {name}{'(' if arguments else ''}{arguments} {selections} }}\n{fragments}"


class ResultFactory:
    """Creates random resolver results, some with values of the wrong type."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._error_rate = random.choice([0, 0.02, 0.1, 0.3])

    def _choose(self, *good: object, bad: Sequence[object] = ()) -> Any:
        """Return one of the good values or, at the error rate, a bad one."""
        if self._random.random() >= self._error_rate:
            return self._random.choice(good)
        return self._random.choice(self._random.choice([INVALID_VALUES, bad or INVALID_VALUES]))

    def _text(self) -> Any:
        return self._choose("", "text", "Ünïcode", bad=[5, True, 0.5, ValueError("a text")])

    def _number(self) -> Any:
        return self._choose(-1, 0, 2**31 - 1, bad=[2**31, -(2**31) - 1, True, 5.0, "7", None])

    def _list(self, make: Callable[[], object]) -> Any:
        rows = [make() for _ in range(self._random.randint(1, 3))]
        return self._choose(rows, rows, tuple(rows))

    def _money(self) -> Any:
        money = Money(amount=self._number(), currency=self._text(), decimals=self._number())
        return self._choose(money)

    def _slot(self) -> Any:
        return self._choose(
            Slot(
                id=self._text(),
                starts_at=self._choose(NOON, NOON.replace(microsecond=250_000)),
                ends_at=self._choose(NOON),
                minutes=self._number(),
                price=self._money(),
                status=self._choose(*SlotStatus),
                held_until=self._choose(None, NOON),
                mine=self._choose(*FLAGS, bad=[0, 1, None, "true"]),
                sequence=self._number(),
            )
        )

    def _expert(self) -> Any:
        return self._choose(
            Expert(
                id=self._text(),
                slug=self._text(),
                name=self._text(),
                title=self._text(),
                category=self._choose(*Category, bad=["HEALTH", "nothing", SlotStatus.HELD, 3]),
                bio=self._text(),
                photo_url=self._text(),
                experience_years=self._number(),
                languages=self._list(self._text),
                hourly_rate=self._money(),
                rating=self._choose(None, 0.5, 4.0, bad=[float("nan"), float("inf"), 5, True, "0"]),
                review_count=self._number(),
                rating_counts=self._list(self._number),
                key=KEY,
            )
        )

    def _contact(self) -> Any:
        texts = {name: self._text() for name in ("name", "email", "phone")}
        return self._choose(None, Contact(**texts, time_zone=self._choose(None, "Europe/Paris")))

    def _booking(self) -> Any:
        change = SimpleNamespace(
            at=NOON,
            actor_id=self._choose(None, KEY),
            before=self._choose(None, *BookingStatus),
            after=self._choose(*BookingStatus),
            starts_at=NOON,
        )
        read = SimpleNamespace(expert_id=KEY, client_id=KEY, status=BookingStatus.CONFIRMED)
        read.history = self._list(lambda: self._choose(change))
        return Booking(
            id=self._text(),
            reference=self._text(),
            status=self._choose(*BookingStatus),
            starts_at=self._choose(NOON),
            ends_at=self._choose(NOON),
            minutes=self._number(),
            price=self._money(),
            contact=self._contact(),
            note=self._text(),
            expert_note=self._choose(None, "quiet"),
            created_at=self._choose(NOON),
            updated_at=self._choose(NOON),
            held_until=self._choose(None, NOON),
            cancellable_until=self._choose(NOON),
            reviewable_until=self._choose(None, NOON),
            sequence=self._number(),
            place=Place(kind=self._choose(*PlaceKind), details=self._choose(None, "Old Town 1")),
            booking=read,  # type: ignore[arg-type] # only the attributes that resolvers read
        )

    def valid_booking(self) -> Any:
        """Return a random booking without values of the wrong type."""
        self._error_rate = 0
        return self._booking()

    def _refusal(self) -> Any:
        common: dict[str, Any] = {"code": self._choose(*RefusalCode), "message": self._text()}
        return self._choose(
            InvalidInput(
                **common,
                fields=self._list(lambda: FieldProblem(field=self._text(), message=self._text())),
                omitted=self._random.randint(0, 9),
            ),
            SlotTaken(**common, slot=self._slot(), exception=SLOT_TAKEN),
            SlotNotOffered(**common, slot_id=self._text()),
            TooLate(**common, deadline=NOON),
            strawberry.cast(SlotNotOffered, SimpleNamespace(**common, slot_id=self._text())),
            strawberry.cast(Booking, SlotNotOffered(**common, slot_id=self._text())),
        )

    def outcome(self) -> tuple[bool, Any]:
        """Return (True, exception to raise) or (False, result) for the resolver of `bookSlot`."""
        if self._random.random() < 0.3:
            return True, self._random.choice(EXCEPTIONS)
        if self._random.random() < 0.1:
            return False, self._random.choice(INVALID_VALUES)
        return False, self._random.choice([self._booking, self._booking, self._refusal])()

    def page(self) -> Any:
        """Return a random result for the resolver of `experts`."""
        return Connection(
            edges=self._list(lambda: self._choose(Edge(cursor=self._text(), node=self._expert()))),
            nodes=self._list(self._expert),
            page_info=self._choose(
                PageInfo(
                    has_next_page=self._choose(*FLAGS, bad=[0, 1, None, "true"]),
                    has_previous_page=self._choose(*FLAGS, bad=[0, 1, None, "true"]),
                    start_cursor=self._choose(None, "first"),
                    end_cursor=self._choose(None, "last"),
                )
            ),
            page=None,  # type: ignore[arg-type] # totalCount must fail
        )

    def event(self) -> SlotEvent | CalendarReset:
        """Return a random event for the subscription `slotChanged`."""
        if self._random.random() < 0.25:
            return CalendarReset(
                cursor=self._text(),
                sequence=self._number(),
                expert_id=self._text(),
                at=self._choose(NOON),
            )
        return SlotEvent(
            cursor=self._text(),
            sequence=self._number(),
            expert_id=self._text(),
            kind=self._choose(*SlotEventKind),
            at=self._choose(NOON),
            slot=self._slot(),
            changed=self._list(self._slot),
        )

"""Documents and objects made at random, for what must answer alike."""

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
from models.calendar.slots import Slot as ModelSlot
from models.calendar.slots import SlotKey, SlotStatus
from models.directory.experts import Category
from models.ids import Id
from schema.bookings import Booking, Contact
from schema.errors import (
    FieldProblem,
    InvalidInput,
    RefusalCode,
    SlotNotOffered,
    SlotTaken,
    TooLate,
)
from schema.execution.documents import core
from schema.experts import Expert
from schema.nodes import Money
from schema.pages import Connection, Edge, PageInfo
from schema.slots import CalendarReset, Slot, SlotEvent, SlotEventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from random import Random

    from graphql import GraphQLNamedType

MOST_SELECTIONS = 18
FLAGS = (True, False)
KEY = Id("65f000000000000000000001")
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class Later:
    """A value that has to be waited for; as often as one likes."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, None, object]:
        yield from asyncio.sleep(0).__await__()
        return self._value


class Exploding:
    """An object of which nothing can be read."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"nobody reads {name}")


WRONG: tuple[object, ...] = (
    *(None, Undefined, 5, True, 2**40, 0.5, float("nan"), "text", b"bytes", [], ["a", None], {}),
    *(Category.HEALTH, SlotStatus.HELD, "HEALTH", NOON, NOON.date(), ValueError("a value")),
    *(Later("text"), Later(None), Later(ValueError("too late")), Exploding()),
    *(Money(amount=5, currency="EUR"), CalendarReset(cursor="c", sequence=1, expert_id=KEY, at=5)),  # type: ignore[arg-type] # on purpose
)


TAKEN = calendar_errors.SlotTaken(ModelSlot(SlotKey(KEY, 2_000_000, 30), 5, SlotStatus.BOOKED), 3)
RAISED = (
    TAKEN,
    calendar_errors.SlotNotOffered("a slot"),
    errors.InvalidInput([errors.Problem("note", "Too long")]),
    errors.TooLate(NOON),
    errors.NotAllowed(),
    errors.BadUserInput("id: not a global id"),
    ValueError("nobody expects it"),
    GraphQLError("as GraphQL says it", extensions={"code": "OWN"}),
)


@dataclass
class Writer:
    """Writes one document: its fragments and variables come with its selections."""

    random: Random
    fragments: dict[str, str] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    left: int = MOST_SELECTIONS

    def selections(self, type_: GraphQLNamedType, depth: int) -> str:
        """A selection set of a type."""
        count = self.random.randint(1, 4) if self.left > 0 else 1
        written = [self._selection(type_, depth) for _ in range(count)]
        return "{ " + " ".join(written) + " }"

    def _selection(self, type_: GraphQLNamedType, depth: int) -> str:
        self.left -= 1
        kind = self.random.choice(["field"] * 6 + ["inline", "spread"])
        if kind == "field" or depth <= 0 or self.left <= 0:
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
            is_deeper = depth > 0 and self.left > 0
            if not any(map(is_required_argument, each.args.values())) and (
                is_deeper or not is_composite
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


def document(random: Random, kind: str, root: str, declared: str = "") -> str:
    """A document of one field at the root, with selections of some depth below it.

    Args:
        random: decides.
        kind: of the operation.
        root: the field, with its arguments.
        declared: the variables of these.
    """
    name, _, arguments = root.partition("(")
    type_ = core.type_map[kind.title()]
    assert isinstance(type_, GraphQLObjectType)
    writer = Writer(random)
    selections = writer.selections(get_named_type(type_.fields[name].type), random.randint(2, 5))
    flags = [f"{each}: Boolean!" for each in sorted(writer.variables)]
    declared = ", ".join([declared, *flags] if declared else flags)
    head = f"{kind} Made({declared})" if declared else f"{kind} Made"
    fragments = "\n".join(writer.fragments.values())
    return f"{head} {{ {name}{'(' if arguments else ''}{arguments} {selections} }}\n{fragments}"


class Maker:
    """Makes objects as resolvers do; some of their values are not what they should be."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._wrong = random.choice([0, 0.02, 0.1, 0.3])

    def _one(self, *good: object, bad: Sequence[object] = ()) -> Any:
        """One of some values, or what it should not be."""
        if self._random.random() >= self._wrong:
            return self._random.choice(good)
        return self._random.choice(self._random.choice([WRONG, bad or WRONG]))

    def _text(self) -> Any:
        return self._one("", "text", "Ünïcode", bad=[5, True, 0.5, ValueError("a text")])

    def _number(self) -> Any:
        return self._one(-1, 0, 2**31 - 1, bad=[2**31, -(2**31) - 1, True, 5.0, "7", None])

    def _list(self, make: Callable[[], object]) -> Any:
        rows = [make() for _ in range(self._random.randint(1, 3))]
        return self._one(rows, rows, tuple(rows))

    def _money(self) -> Any:
        return self._one(Money(amount=self._number(), currency=self._text()))

    def _slot(self) -> Any:
        return self._one(
            Slot(
                id=self._text(),
                starts_at=self._one(NOON, NOON.replace(microsecond=250_000)),
                ends_at=self._one(NOON),
                minutes=self._number(),
                price=self._money(),
                status=self._one(*SlotStatus),
                held_until=self._one(None, NOON),
                mine=self._one(*FLAGS, bad=[0, 1, None, "true"]),
                sequence=self._number(),
            )
        )

    def _expert(self) -> Any:
        return self._one(
            Expert(
                id=self._text(),
                slug=self._text(),
                name=self._text(),
                title=self._text(),
                category=self._one(*Category, bad=["HEALTH", "nothing", SlotStatus.HELD, 3]),
                bio=self._text(),
                photo_url=self._text(),
                experience_years=self._number(),
                languages=self._list(self._text),
                hourly_rate=self._money(),
                rating=self._one(None, 0.5, 4.0, bad=[float("nan"), float("inf"), 5, True, "0"]),
                review_count=self._number(),
                key=KEY,
            )
        )

    def _contact(self) -> Any:
        return self._one(
            None,
            Contact(
                name=self._text(),
                email=self._text(),
                phone=self._text(),
                time_zone=self._one(None, "Europe/Paris"),
            ),
        )

    def _booking(self) -> Any:
        change = SimpleNamespace(
            at=NOON,
            actor_id=self._one(None, KEY),
            before=self._one(None, *BookingStatus),
            after=self._one(*BookingStatus),
            starts_at=NOON,
        )
        return Booking(
            id=self._text(),
            reference=self._text(),
            status=self._one(*BookingStatus),
            starts_at=self._one(NOON),
            ends_at=self._one(NOON),
            minutes=self._number(),
            price=self._money(),
            contact=self._contact(),
            note=self._text(),
            created_at=self._one(NOON),
            updated_at=self._one(NOON),
            held_until=self._one(None, NOON),
            cancellable_until=self._one(NOON),
            sequence=self._number(),
            booking=SimpleNamespace(
                expert_id=KEY, client_id=KEY, history=self._list(lambda: self._one(change))
            ),  # type: ignore[arg-type] # what is read of a stored one, and more of it is not there
        )

    def good_booking(self) -> Any:
        """What `bookSlot` answers, as it should be."""
        self._wrong = 0
        return self._booking()

    def _refusal(self) -> Any:
        said: dict[str, Any] = {"code": self._one(*RefusalCode), "message": self._text()}
        return self._one(
            InvalidInput(
                **said,
                fields=self._list(lambda: FieldProblem(field=self._text(), message=self._text())),
            ),
            SlotTaken(**said, slot=self._slot(), exception=TAKEN),
            SlotNotOffered(**said, slot_id=self._text()),
            TooLate(**said, deadline=NOON),
            strawberry.cast(SlotNotOffered, SimpleNamespace(**said, slot_id=self._text())),
            strawberry.cast(Booking, SlotNotOffered(**said, slot_id=self._text())),
        )

    def outcome(self) -> tuple[bool, Any]:
        """Whether `bookSlot` fails, and with what, or what it answers."""
        if self._random.random() < 0.3:
            return True, self._random.choice(RAISED)
        if self._random.random() < 0.1:
            return False, self._random.choice(WRONG)
        return False, self._random.choice([self._booking, self._booking, self._refusal])()

    def page(self) -> Any:
        """What `experts` resolves to."""
        return Connection(
            edges=self._list(lambda: self._one(Edge(cursor=self._text(), node=self._expert()))),
            nodes=self._list(self._expert),
            page_info=self._one(
                PageInfo(
                    has_next_page=self._one(*FLAGS, bad=[0, 1, None, "true"]),
                    has_previous_page=self._one(*FLAGS, bad=[0, 1, None, "true"]),
                    start_cursor=self._one(None, "first"),
                    end_cursor=self._one(None, "last"),
                )
            ),
            page=None,  # type: ignore[arg-type] # whoever counts it fails
        )

    def event(self) -> SlotEvent | CalendarReset:
        """What `slotChanged` sends."""
        if self._random.random() < 0.25:
            return CalendarReset(
                cursor=self._text(),
                sequence=self._number(),
                expert_id=self._text(),
                at=self._one(NOON),
            )
        return SlotEvent(
            cursor=self._text(),
            sequence=self._number(),
            expert_id=self._text(),
            kind=self._one(*SlotEventKind),
            at=self._one(NOON),
            slot=self._slot(),
            changed=self._list(self._slot),
        )

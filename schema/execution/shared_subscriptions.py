"""Subscriptions to a calendar that can be served together: render once an event, not once each.

Who may share is decided by what the resolvers read. The types below depend on the viewer by
`Slot.mine` alone, and only for whoever has a part in the event; a document that selects from any
other type, or is unusual at its root, is executed by itself (`schema.execution.operations.watch`).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import orjson
from graphql import (
    ExecutionResult,
    FieldNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_argument_values,
    get_variable_values,
    visit,
)

from models.bookings.events import sequence_in
from models.caching.fast_paths import FastPath
from schema.context import Context
from schema.execution.documents import cached_per_document, core
from schema.execution.operations import body_of, execute_event, executor_of
from schema.slots import calendar_event, watchable_expert
from subscriptions.slots import AVAILABLE, BOOKED, CHANGED

if TYPE_CHECKING:
    from graphql import Executor as GraphQLExecutor

    from auth.viewers import Viewer
    from models.bookings.events import Event, EventKind
    from models.ids import Id
    from schema.context import Services
    from schema.execution.prepared import Prepared

CALENDARS = {"slotBooked": BOOKED, "slotAvailable": AVAILABLE, "slotChanged": CHANGED}
SHARED_TYPES = {"SlotEvent", "CalendarReset", "CalendarEvent", "Slot", "Node", "Money"}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class View:
    """How some subscriptions to a calendar see its events.

    There is one for all that ask the same with the same variables: they get the same bytes of every
    event in which none of their viewers has a part.
    """

    kinds: frozenset[EventKind]
    executor: GraphQLExecutor[Context]
    services: Services

    def render(self, event: Event, viewer: Viewer | None = None) -> bytes | None:
        """The execution's result for an event as JSON; None where its kind is not asked for.

        Raises:
            TypeError: when it would have to be waited for.
        """
        if event.kind not in self.kinds:
            return None
        context = Context(self.services, viewer)
        executor = self.executor.build_per_event_executor(calendar_event(event, context))
        executor.context_value = context
        result = execute_event(executor)
        if not isinstance(result, ExecutionResult):
            raise TypeError("a shared subscription must not wait")
        return orjson.dumps(body_of(result))


@dataclass(frozen=True, slots=True)
class SharedSubscription:
    """One subscription to a calendar: what it shares with others, and where it begins."""

    expert_id: Id
    after: int | None
    view: View


async def share_subscription(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> SharedSubscription | None:
    """The subscription, where it can be served together with others.

    Raises:
        RequestFailed: when it costs too much.
        BadUserInput: for an unknown expert or a cursor that is not theirs.
        Unavailable: when the database does not answer.
        TimedOut: when it takes too long.
    """
    field = _root(prepared)
    if field is None or FastPath.AUDIENCES not in context.services.fast:
        return None
    definitions = prepared.operation.variable_definitions or ()
    values = get_variable_values(core, definitions, variables or {})
    if isinstance(values, list):  # what is wrong with them is told where it is executed
        return None
    key = (id(context.services), prepared.text, prepared.name, _variables_key(variables, field))
    view = _views.get(key)
    if view is None:
        # What executes is in a cycle with itself: one for each who asks the same would wait for the
        # garbage collector, 1.3 KB of a subscriber.
        executor = executor_of(prepared, variables, Context(context.services, None))
        view = _views[key] = View(CALENDARS[field.name.value], executor, context.services)
    definition = core.subscription_type.fields[field.name.value]  # type: ignore[union-attr] # it has one
    arguments = get_argument_values(definition, field, values)
    expert_id = await watchable_expert(context, arguments["expertId"])
    after = arguments.get("after")
    return SharedSubscription(
        expert_id, None if after is None else sequence_in(after, expert_id), view
    )


_views: WeakValueDictionary[Hashable, View] = WeakValueDictionary()
"""Those that somebody has: a socket keeps nothing else of what its subscription was made of, which
was some 15 KB."""


def _root(prepared: Prepared) -> FieldNode | None:
    """The only field at the operation's root, if everything below it can be shared."""
    selections = prepared.operation.selection_set.selections
    if prepared.kind is not OperationType.SUBSCRIPTION or len(selections) != 1:
        return None
    [field] = selections
    if not isinstance(field, FieldNode) or field.directives or field.name.value not in CALENDARS:
        return None
    return field if _selects_only_shared_types(prepared) else None


@cached_per_document
def _selects_only_shared_types(prepared: Prepared) -> bool:
    info = TypeInfo(core)
    search = _UnsharedTypeFinder(info)
    visit(prepared.document, TypeInfoVisitor(info, search))
    return not search.found


class _UnsharedTypeFinder(Visitor):
    """Looks for selections from types whose answers may be the viewer's own."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.found = False

    def enter_field(self, *_: object) -> None:
        parent = self._info.get_parent_type()
        is_root = parent is core.subscription_type
        if not is_root and (parent is None or parent.name not in SHARED_TYPES):
            self.found = True


def _variables_key(variables: dict[str, Any] | None, field: FieldNode) -> bytes:
    """The variables in one spelling, without the one that only says where to begin."""
    own = {
        argument.value.name.value
        for argument in field.arguments or ()
        if argument.name.value == "after" and hasattr(argument.value, "name")
    }
    shared = {name: value for name, value in (variables or {}).items() if name not in own}
    return orjson.dumps(shared, option=orjson.OPT_SORT_KEYS)

"""Shared rendering: a calendar event is rendered once for all subscriptions with the same query.

The types that a query selects decide whether its subscriptions can share renderings. Of all fields
of `SHARED_TYPES`, only `Slot.mine` depends on the viewer, and only if the event concerns one of the
viewer's own bookings. If a document selects fields of types outside `SHARED_TYPES`, or its root is
not a single field of `CALENDARS`, each of its subscriptions is executed separately
(`schema.execution.operations.watch`).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
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

from auth.visibility import manages_calendar
from schema.bounds import require_bounds
from schema.context import Context
from schema.execution.documents import cached_per_document, event_cost
from schema.execution.operations import body_of, execute_event, executor_of
from schema.root import core
from schema.slots import calendar_event, replay_start, watchable_expert
from subscriptions.slots import AVAILABLE, BOOKED, CHANGED, is_sent

if TYPE_CHECKING:
    from graphql import Executor as GraphQLExecutor

    from auth.viewers import Viewer
    from models.bookings.events import Event, EventKind, Position
    from models.ids import Id
    from schema.context import Services
    from schema.execution.prepared import Prepared

CALENDARS = {"slotBooked": BOOKED, "slotAvailable": AVAILABLE, "slotChanged": CHANGED}
SHARED_TYPES = {"SlotEvent", "CalendarReset", "CalendarEvent", "Slot", "Node", "Money"}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class View:
    """Renderer of a calendar's events for all subscriptions with the same query and variables.

    All subscriptions to a view receive the same bytes for an event, except the subscriptions of
    viewers whose own bookings the event concerns.
    """

    kinds: frozenset[EventKind]
    executor: GraphQLExecutor[Context]
    services: Services

    def render(self, event: Event, viewer: Viewer | None = None) -> bytes | None:
        """Return the JSON response for an event, or None if the subscription does not send it.

        Raises:
            TypeError: if the operation cannot be executed synchronously.
        """
        if not is_sent(event, self.kinds):
            return None
        context = Context(self.services, viewer)
        executor = self.executor.build_per_event_executor(calendar_event(event, context))
        executor.context_value = context
        result = execute_event(executor)
        if not isinstance(result, ExecutionResult):
            raise TypeError("a shared subscription must execute synchronously")
        return orjson.dumps(body_of(result))


@dataclass(frozen=True, slots=True)
class SharedSubscription:
    """One client's subscription to a calendar, with the view that it shares with other clients.

    `after` is the position of the last event that the client has received, if any. The subscription
    ends when the expert is disabled, unless `sees_disabled` is set.
    """

    expert_id: Id
    after: Position | None
    sees_disabled: bool
    view: View


async def share_subscription(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> SharedSubscription | None:
    """Return the subscription of an operation, or None if its rendering cannot be shared.

    Raises:
        RequestFailed: if the operation's cost exceeds the limit.
        BadUserInput: if an argument is too long, the expert is unknown, or the cursor belongs to
            another expert.
        CursorExpired: if replaying the events after the cursor would cost too much.
        RateLimited: if the client's budget does not cover the replay.
        Unavailable: if the database does not respond.
        TimedOut: if looking up the expert exceeds the time limit.
    """
    field = _root(prepared)
    if field is None or not context.services.use_caches:
        return None
    definitions = prepared.operation.variable_definitions or ()
    values = get_variable_values(core, definitions, variables or {}, max_errors=1)
    if isinstance(values, list):  # executing the operation reports the errors
        return None
    definition = core.subscription_type.fields[field.name.value]  # type: ignore[union-attr] # the schema has subscriptions
    arguments = get_argument_values(definition, field, values)
    require_bounds(f"Subscription.{field.name.value}", arguments)
    context.event_cost = event_cost(prepared, variables)
    key = id(context.services), _key(prepared, variables, field)
    view = _views.get(key)
    if view is None:
        # Subscribers share the view's executor. Executors are part of reference cycles, so one
        # executor per subscriber would let them accumulate until the garbage collector runs.
        executor = executor_of(prepared, variables, Context(context.services, None))
        view = _views[key] = View(CALENDARS[field.name.value], executor, context.services)
    expert_id = await watchable_expert(context, arguments["expertId"])
    after = await replay_start(context, expert_id, arguments.get("after"))
    sees_disabled = manages_calendar(context.viewer, expert_id)
    return SharedSubscription(expert_id, after, sees_disabled, view)


_views: WeakValueDictionary[tuple[int, bytes], View] = WeakValueDictionary()
"""Views in use. Only the subscriptions that use a view keep it alive. The keys contain hashes of
the requests, which take less memory than the requests."""


def _root(prepared: Prepared) -> FieldNode | None:
    """Return a subscription's only root field, or None if its responses cannot be shared."""
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
    finder = _UnsharedTypeFinder(info)
    visit(prepared.document, TypeInfoVisitor(info, finder))
    return not finder.found


class _UnsharedTypeFinder(Visitor):
    """Visitor that looks for selected fields of types that are not in `SHARED_TYPES`."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.found = False

    def enter_field(self, *_: object) -> None:
        parent = self._info.get_parent_type()
        is_root = parent is core.subscription_type
        if not is_root and (parent is None or parent.name not in SHARED_TYPES):
            self.found = True


def _key(prepared: Prepared, variables: dict[str, Any] | None, field: FieldNode) -> bytes:
    """Return a hash of the operation and its variables, except a variable passed as `after`."""
    after_variables = {
        argument.value.name.value
        for argument in field.arguments or ()
        if argument.name.value == "after" and hasattr(argument.value, "name")
    }
    declared = {each.variable.name.value for each in prepared.operation.variable_definitions or ()}
    given = variables or {}
    shared = {name: given[name] for name in declared - after_variables if name in given}
    request = [prepared.text, prepared.name, shared]
    return blake2b(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).digest()

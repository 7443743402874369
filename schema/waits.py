"""Waiting lists: the entries of a client, and the mutations to join and leave a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from auth.viewers import require_viewer
from models.bookings import booking as model_bookings
from models.bookings import wait as model
from models.ids import global_id
from resolvers import waits
from schema.context import Context, Info
from schema.errors import (
    InvalidInput,
    SlotNotOffered,
    TimeOpen,
    TooMany,
    VerificationNeeded,
)
from schema.experts import Expert, load_expert
from schema.inputs import plain
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.bookings import Booking  # noqa: TC004 - Strawberry resolves this type lazily


@strawberry.type(
    description="The viewer's entry in the waiting list of an expert. When time becomes free, the "
    "first client in line is offered the time, as a hold, before anyone else can book it. The "
    "entry ends when the client books a matching slot, when an offer expires unused, or when the "
    "time that the client waits for has passed."
)
class Wait(Node):
    """An entry in a waiting list, visible only to its client."""

    from_: datetime = strawberry.field(
        name="from", description="Earliest start of the session, inclusive."
    )
    to: datetime = strawberry.field(description="Latest start of the session, exclusive.")
    minutes: int = strawberry.field(description="Length of the session in minutes.")
    joined_at: datetime = strawberry.field(description="Time of joining.")
    wait: strawberry.Private[model.Wait]
    booking_of: ClassVar[Callable[[model_bookings.Booking, Context], Any]]
    """Converts an offer to a GraphQL booking. schema/bookings.py sets this function, because
    importing it here would be circular."""

    @classmethod
    def of(cls, wait: model.Wait) -> Wait:
        """Convert a stored entry to the GraphQL type, for the entry's client."""
        return cls(
            id=strawberry.ID(global_id("Wait", wait.id)),
            from_=wait.terms.since,
            to=wait.terms.until,
            minutes=wait.terms.minutes,
            joined_at=wait.joined_at,
            wait=wait,
        )

    @strawberry.field(description="The expert, even if the directory no longer lists them.")
    async def expert(self, info: Info) -> Expert:
        """Load the expert."""
        return await load_expert(info.context, self.wait.expert_id)

    @strawberry.field(
        description="Number of entries ahead of this one in line that compete for the same time."
    )
    async def ahead(self, info: Info) -> int:
        """Count the competing entries ahead of this one."""
        return await info.context.loaders.ahead.load(self.wait)

    @strawberry.field(
        description="The time that is offered now, as a hold for the viewer until `heldUntil`; "
        "null if there is no offer. Book the time with `bookSlot`, or pass it on to the next in "
        "line with `cancelBooking`. If the offer expires unused, the entry ends; if the offer is "
        "passed on, the entry stays in line."
    )
    async def offer(
        self, info: Info
    ) -> Annotated[Booking, strawberry.lazy("schema.bookings")] | None:
        """Load the offer that the entry has now."""
        offer = await info.context.loaders.offer.load(self.wait)
        return Wait.booking_of(offer, info.context) if offer else None


@plain
@strawberry.input(description="The expert, the time and the session length to wait for.")
class JoinWaitlistInput:
    """Input of `joinWaitlist`."""

    expert_id: strawberry.ID = strawberry.field(description="Id of the expert.")
    from_: datetime = strawberry.field(
        name="from", description="Earliest start of the session, inclusive."
    )
    to: datetime = strawberry.field(
        description="Latest start of the session, exclusive; at most 62 days after `from`."
    )
    minutes: int = strawberry.field(description="Length of the session in minutes.")


@strawberry.input(description="The waiting-list entry to end.")
class LeaveWaitlistInput:
    """Input of `leaveWaitlist`."""

    wait_id: strawberry.ID = strawberry.field(description="Id of the waiting-list entry.")


JoinWaitlistResult = Annotated[
    Wait | InvalidInput | TooMany | SlotNotOffered | TimeOpen | VerificationNeeded,
    strawberry.union("JoinWaitlistResult", description="The waiting-list entry, or a refusal."),
]
JoinWaitlistArgument = Annotated[
    JoinWaitlistInput,
    strawberry.argument(description="The expert, the time and the session length to wait for."),
]
LeaveWaitlistArgument = Annotated[
    LeaveWaitlistInput, strawberry.argument(description="The waiting-list entry to end.")
]


@strawberry.type
class WaitMutation:
    """Mutations of waiting lists."""

    @strawberry.mutation(
        description="Join an expert's waiting list for a session of the given length that starts "
        "within the given span of time. Joining again with the same input returns the existing "
        "entry. Refused while a matching slot is open, or if the viewer already has five entries. "
        "Requires sign-in and a verified e-mail address."
    )
    async def join_waitlist(self, info: Info, input: JoinWaitlistArgument) -> JoinWaitlistResult:
        """Join a waiting list."""
        context = info.context
        request = waits.WaitRequest(input.expert_id, input.from_, input.to, input.minutes)
        viewer = require_viewer(context.viewer)
        return Wait.of(await waits.join(context.services.reservations, viewer, request))

    @strawberry.mutation(
        description="End one of the viewer's waiting-list entries; if the entry has an offer, the "
        "offer goes to the next in line. Returns false if the viewer has no such entry."
    )
    async def leave_waitlist(self, info: Info, input: LeaveWaitlistArgument) -> bool:
        """Leave a waiting list."""
        context = info.context
        viewer = require_viewer(context.viewer)
        return await waits.leave(context.services.ledger, viewer, input.wait_id)

"""Waiting lists: a client's entries, and joining and leaving."""

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
    from schema.bookings import Booking  # noqa: TC004 - Strawberry resolves it lazily


@strawberry.type(
    description="The viewer's place in the waiting list of an expert. The first in line is offered "
    "time that becomes free, as a hold, before anyone else can book it. The entry ends when such a "
    "slot is booked, when an offer ends unused, or when its time has passed."
)
class Wait(Node):
    """An entry of a waiting list, visible to its client alone."""

    from_: datetime = strawberry.field(
        name="from", description="Earliest start of the session, inclusive."
    )
    to: datetime = strawberry.field(description="Latest start of the session, exclusive.")
    minutes: int = strawberry.field(description="Length of the session in minutes.")
    joined_at: datetime = strawberry.field(description="Time of joining.")
    wait: strawberry.Private[model.Wait]
    booking_of: ClassVar[Callable[[model_bookings.Booking, Context], Any]]
    """Converts an offer. schema/bookings.py sets it, because an import here would be circular."""

    @classmethod
    def of(cls, wait: model.Wait) -> Wait:
        """Convert a stored entry for its client."""
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
        description="Number of entries before this one in line that compete for the same time."
    )
    async def ahead(self, info: Info) -> int:
        """Count the competing entries."""
        return await info.context.loaders.ahead.load(self.wait)

    @strawberry.field(
        description="The time that is offered now, held for the viewer until `heldUntil`: book it "
        "with `bookSlot`, or pass it on with `cancelBooking`. If the offer ends unused, so does "
        "the entry; if the offer is passed on, the entry stays in line."
    )
    async def offer(
        self, info: Info
    ) -> Annotated[Booking, strawberry.lazy("schema.bookings")] | None:
        """Load the standing offer."""
        offer = await info.context.loaders.offer.load(self.wait)
        return Wait.booking_of(offer, info.context) if offer else None


@plain
@strawberry.input(description="The expert, the time and the length to wait for.")
class JoinWaitlistInput:
    """Input of `joinWaitlist`."""

    expert_id: strawberry.ID = strawberry.field(description="Id of the expert.")
    from_: datetime = strawberry.field(
        name="from", description="Earliest start of the session, inclusive."
    )
    to: datetime = strawberry.field(
        description="Latest start of the session, exclusive; at most 62 days later."
    )
    minutes: int = strawberry.field(description="Length of the session in minutes.")


@strawberry.input(description="The entry to end.")
class LeaveWaitlistInput:
    """Input of `leaveWaitlist`."""

    wait_id: strawberry.ID = strawberry.field(description="Id of the entry.")


JoinWaitlistResult = Annotated[
    Wait | InvalidInput | TooMany | SlotNotOffered | TimeOpen | VerificationNeeded,
    strawberry.union("JoinWaitlistResult", description="The entry, or a refusal."),
]
JoinWaitlistArgument = Annotated[
    JoinWaitlistInput,
    strawberry.argument(description="The expert, the time and the length to wait for."),
]
LeaveWaitlistArgument = Annotated[
    LeaveWaitlistInput, strawberry.argument(description="The entry to end.")
]


@strawberry.type
class WaitMutation:
    """Mutations of waiting lists."""

    @strawberry.mutation(
        description="Wait for a session of this length that starts within this time. Joining again "
        "returns the same entry. Refused while such a slot is open, and beyond five entries. "
        "Requires sign-in and a verified address."
    )
    async def join_waitlist(self, info: Info, input: JoinWaitlistArgument) -> JoinWaitlistResult:
        """Join a waiting list."""
        context = info.context
        request = waits.WaitRequest(input.expert_id, input.from_, input.to, input.minutes)
        viewer = require_viewer(context.viewer)
        return Wait.of(await waits.join(context.services.reservations, viewer, request))

    @strawberry.mutation(
        description="End one of the viewer's entries; its offer goes to the next in line. Returns "
        "false if there is no such entry."
    )
    async def leave_waitlist(self, info: Info, input: LeaveWaitlistArgument) -> bool:
        """Leave a waiting list."""
        context = info.context
        viewer = require_viewer(context.viewer)
        return await waits.leave(context.services.ledger, viewer, input.wait_id)

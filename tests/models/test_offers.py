"""Time that becomes free is offered to the clients who wait for it, first come first served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.bookings.booking import BookingStatus
from models.bookings.events import EventKind
from models.bookings.outbox import MailKind, Party
from models.calendar.errors import SlotTaken
from models.calendar.slots import SlotStatus
from tests.support.samples import ADA, NINE, NOON, at, override, weekly
from tests.support.waitlists import (
    BEA,
    CLEO,
    DORA,
    HOLD,
    MORNING,
    OFFER,
    SECOND,
    TUESDAY,
    Desk,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("database")


def test_cancellation_also_holds_the_time_for_the_first_in_line(desk: Desk) -> None:
    """The cancellation's own event already shows the time as held, never as open."""
    desk.join(BEA, *MORNING)
    desk.join(CLEO, *MORNING)
    released, held = desk.cancel(desk.booked(10))
    assert desk.offered() == {BEA: "10:00"}
    offer = desk.only_offer()
    assert (offer.held_until, offer.price, offer.contact) == (desk.now + OFFER, 9_000, None)
    [step] = offer.history
    assert (step.actor_id, step.before, step.after) == (None, None, BookingStatus.HELD)
    assert (released.kind, released.wait_id) == (EventKind.RELEASED, None)
    assert (held.kind, held.client_id, held.wait_id) == (EventKind.HELD, BEA, desk.waits[0].id)
    assert {state.status for state in released.changed} == {SlotStatus.HELD}
    assert released.slot == held.slot
    assert desk.status(key(10)) is SlotStatus.HELD
    for who in (ADA, CLEO):
        with pytest.raises(SlotTaken):
            desk.book(who, key(10))
        with pytest.raises(SlotTaken):
            desk.hold(who, key(10, 30, 30))


def test_offer_is_announced_only_to_its_client(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    agenda = desk.load()
    desk.agenda = agenda
    desk.cancel(desk.booked(10), is_cached=True)
    cancelled, mail = agenda.mails
    assert cancelled.kind is MailKind.CANCELLED
    assert (mail.kind, mail.to) == (MailKind.OFFERED, [Party.CLIENT])
    assert mail.occasion
    assert mail.occasion.booking_id == desk.only_offer().id


def cancel(desk: Desk) -> None:
    """Make time free by cancelling a booking."""
    desk.cancel(desk.booked(10))


def move(desk: Desk) -> None:
    """Make time free by moving a booking to another day."""
    desk.change_rules(overrides=(override(TUESDAY, (NINE, NOON)),))
    desk.move(desk.booked(10), key(9, day=TUESDAY))


def release_hold(desk: Desk) -> None:
    """Make time free by giving up a hold."""
    swap_for_hold(desk)
    desk.cancel(desk.booked(10))


def replace_hold(desk: Desk) -> None:
    """Make time free by replacing the hold on a slot with a hold on another slot."""
    desk.change_rules(overrides=(override(TUESDAY, (NINE, NOON)),))
    swap_for_hold(desk)
    desk.hold(ADA, key(9, day=TUESDAY))


def lapse_and_review(desk: Desk) -> None:
    """Make time free by letting a hold expire, and releasing it afterwards."""
    swap_for_hold(desk)
    desk.now += HOLD
    desk.review()


def lapse_before_a_booking(desk: Desk) -> None:
    """Let a hold expire; even before its release, nobody can book or hold its time."""
    swap_for_hold(desk)
    desk.now += HOLD
    with pytest.raises(SlotTaken):
        desk.book(DORA, key(10), is_cached=True)
    with pytest.raises(SlotTaken):
        desk.hold(ADA, key(10))
    desk.review(is_cached=True)


def open_hours(desk: Desk) -> None:
    """Make time free by adding working hours."""
    desk.change_rules(weekly=weekly(0, (NINE, 13 * 60)))


def remove_booking_ahead(desk: Desk) -> None:
    """Make time free by removing a completed booking whose session is still in the future."""
    booking = desk.booked(10)
    done = booking.model_copy(update={"status": BookingStatus.COMPLETED})
    desk.bookings[booking.id] = done
    desk.remove(done)


def swap_for_hold(desk: Desk) -> None:
    """Replace Ada's booking at 10:00 with a hold by Ada, without offering the hour to others."""
    waits, desk.waits = desk.waits, []
    desk.cancel(desk.booked(10))
    desk.hold(ADA, key(10))
    desk.waits = waits
    desk.review()


@pytest.mark.parametrize(
    "free",
    [
        *(cancel, move, release_hold, replace_hold, lapse_and_review, lapse_before_a_booking),
        *(open_hours, remove_booking_ahead),
    ],
    ids=lambda free: free.__name__,
)
def test_every_change_that_frees_time_offers_the_time(
    desk: Desk, free: Callable[[Desk], None]
) -> None:
    desk.join(BEA, at(9, 30), at(13))
    desk.join(CLEO, at(9), at(13))
    free(desk)
    [wait, other] = desk.waits
    [offer] = desk.offers().values()
    assert (wait.offer_id, other.offer_id) == (offer.id, None)
    assert desk.status(offer.key) is SlotStatus.HELD


def test_earliest_slot_of_the_right_length_in_the_time_window_is_offered(desk: Desk) -> None:
    """An entry for which no free slot is suitable is skipped, but keeps its place in line."""
    desk.join(BEA, at(11), at(12))
    desk.join(CLEO, at(9, 15), at(12), 30)
    desk.join(DORA, at(9), at(9) + SECOND)
    desk.cancel(desk.booked(9))
    assert desk.offered() == {CLEO: "09:30"}
    assert desk.clients() == [BEA, CLEO, DORA]
    desk.cancel(desk.booked(11))
    assert desk.offered() == {BEA: "11:00", CLEO: "09:30"}


def test_first_in_line_is_served_before_an_earlier_slot_of_others(desk: Desk) -> None:
    """The first in line gets 10:30 to 11:00, so the next client cannot have 10:00 to 11:00."""
    desk.join(BEA, at(10, 30), at(12), 30)
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    assert desk.offered() == {BEA: "10:30"}


def test_free_time_next_to_an_offer_is_offered_to_the_next_suitable_client(desk: Desk) -> None:
    desk.join(BEA, *MORNING, 30)
    desk.join(CLEO, *MORNING)
    desk.join(DORA, *MORNING, 30)
    desk.cancel(desk.booked(10))
    assert desk.offered() == {BEA: "10:00", DORA: "10:30"}


def test_waiting_list_entry_has_one_offer_at_a_time(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    desk.cancel(desk.booked(10))
    desk.cancel(desk.booked(11))
    assert desk.offered() == {BEA: "10:00"}
    assert desk.status(key(11)) is SlotStatus.OPEN


def test_refused_command_offers_nothing(desk: Desk) -> None:
    """If one of several slots is taken, no slot is booked and the client's hold remains."""
    desk.cancel(desk.booked(10))
    desk.hold(BEA, key(10))
    desk.join(CLEO, *MORNING)
    with pytest.raises(SlotTaken):
        desk.book(BEA, key(10), key(11))
    assert desk.offered() == {}
    assert desk.booked(10).status is BookingStatus.HELD

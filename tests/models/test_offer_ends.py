"""Tests of the ways in which an offer to a waiting client can end."""

from __future__ import annotations

import pytest

from models.bookings.booking import BookingStatus
from models.calendar.errors import SlotTaken
from models.calendar.rules import Offer
from models.calendar.slots import SlotStatus
from models.errors import NotAllowed
from tests.support.samples import ADA, at, rules
from tests.support.waitlists import (
    BEA,
    CLEO,
    MORNING,
    OFFER,
    SECOND,
    Desk,
    key,
    kinds,
)

pytestmark = pytest.mark.usefixtures("database")


def test_declined_offer_goes_to_the_next_in_line_in_the_same_change(desk: Desk) -> None:
    """The client who declined stays in line, but is not offered the same time again."""
    desk.join(BEA, *MORNING)
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    assert kinds(desk.cancel(desk.only_offer())) == ["RELEASED", "HELD"]
    assert desk.offered() == {CLEO: "10:00"}
    assert desk.clients() == [BEA, CLEO]
    desk.cancel(desk.only_offer())
    assert desk.offered() == {}
    assert desk.status(key(10)) is SlotStatus.OPEN
    desk.cancel(desk.booked(11))
    assert desk.offered() == {BEA: "11:00"}


def test_client_who_declined_an_offer_is_offered_other_free_time(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    desk.cancel(desk.booked(10))
    desk.cancel(desk.booked(11))
    desk.cancel(desk.offers()[BEA])
    assert desk.offered() == {BEA: "11:00"}


def test_declining_an_offer_applies_to_all_entries_of_the_client(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    desk.join(BEA, at(10), at(12))
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    desk.cancel(desk.offers()[BEA])
    assert desk.offered() == {CLEO: "10:00"}


def test_declined_time_is_offered_to_others_first() -> None:
    """A client who declined 10:00 is offered 11:00, not 10:15, which is nearly the same hour."""
    desk = Desk(rules(step_minutes=15))
    desk.book(ADA, key(9), key(10), key(11))
    desk.join(BEA, *MORNING)
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    desk.cancel(desk.booked(11))
    assert desk.offered() == {BEA: "10:00", CLEO: "11:00"}
    desk.cancel(desk.offers()[CLEO])
    desk.cancel(desk.offers()[BEA])
    assert desk.offered() == {BEA: "11:00", CLEO: "10:00"}


def test_unused_offer_ends_its_entry_and_goes_to_the_next_in_line(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    desk.now += OFFER - SECOND
    assert desk.review() == []
    desk.now += SECOND
    assert kinds(desk.review(is_cached=True)) == ["RELEASED", "LEFT", "HELD"]
    assert desk.clients() == [CLEO]
    assert desk.offered() == {CLEO: "10:00"}
    assert desk.only_offer().held_until == desk.now + OFFER


def test_unused_offer_is_not_made_to_another_entry_of_the_same_client(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    desk.join(BEA, at(10), at(12))
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    desk.now += OFFER
    desk.review()
    assert desk.clients() == [BEA, CLEO]
    assert desk.offered() == {CLEO: "10:00"}


def test_offer_ends_when_its_slot_can_no_longer_be_booked() -> None:
    """The client keeps the place in line, because the unused offer was shorter than usual."""
    desk = Desk(rules(minimum_notice_minutes=60))
    desk.book(ADA, key(9), key(10), key(11))
    desk.join(BEA, *MORNING)
    desk.now = at(8, 50)
    desk.cancel(desk.booked(10))
    assert desk.only_offer().held_until == at(9)
    desk.now = at(9)
    assert kinds(desk.review()) == ["RELEASED"]
    assert desk.clients() == [BEA]
    desk.cancel(desk.booked(11))
    assert desk.offered() == {BEA: "11:00"}


def test_booking_the_offered_slot_ends_the_entry(desk: Desk) -> None:
    """The offer's hold becomes the booking and keeps the price that was offered."""
    desk.join(BEA, *MORNING)
    desk.cancel(desk.booked(10))
    offer = desk.offers()[BEA]
    desk.change_rules(offers=(Offer(minutes=60, price=99_000),))
    assert kinds(desk.book(BEA, key(10))) == ["BOOKED", "LEFT"]
    assert desk.clients() == []
    made = desk.bookings[offer.id]
    assert (made.status, made.price) == (BookingStatus.CONFIRMED, 9_000)


def test_booking_another_suitable_slot_ends_the_entry_and_passes_its_offer_on(
    desk: Desk,
) -> None:
    desk.join(BEA, *MORNING)
    desk.join(CLEO, at(9), at(11))
    desk.cancel(desk.booked(10))
    desk.cancel(desk.booked(11))
    assert kinds(desk.book(BEA, key(11))) == ["BOOKED", "LEFT", "RELEASED", "HELD"]
    assert desk.clients() == [CLEO]
    assert desk.offered() == {CLEO: "10:00"}


def test_booking_of_an_unsuitable_length_or_time_keeps_the_entry(desk: Desk) -> None:
    desk.cancel(desk.booked(9))
    desk.book(BEA, key(9, minutes=30))
    desk.join(BEA, at(9, 30), at(12))
    desk.book(BEA, key(9, 30, 30))
    assert desk.clients() == [BEA]


def test_moving_a_booking_to_the_offered_slot_ends_the_entry(desk: Desk) -> None:
    """The time from which the booking was moved is offered to the next client in line."""
    desk.cancel(desk.booked(11))
    desk.book(BEA, key(11))
    desk.join(BEA, *MORNING)
    desk.join(CLEO, at(11), at(12))
    desk.cancel(desk.booked(10))
    assert desk.offered() == {BEA: "10:00"}
    desk.move(desk.booked(11), key(10))
    assert desk.clients() == [CLEO]
    assert desk.offered() == {CLEO: "11:00"}
    assert desk.booked(10).client_id == BEA


def test_leaving_the_waiting_list_passes_the_offer_on(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    [wait, _] = desk.waits
    assert kinds(desk.leave(wait)) == ["LEFT", "RELEASED", "HELD"]
    assert desk.offered() == {CLEO: "10:00"}
    with pytest.raises(NotAllowed):
        desk.leave(wait)


def test_holds_and_offers_of_a_client_do_not_replace_each_other(desk: Desk) -> None:
    desk.join(BEA, at(10), at(12))
    desk.cancel(desk.booked(10))
    desk.cancel(desk.booked(9))
    desk.hold(BEA, key(9))
    desk.hold(BEA, key(9, 30, 30))
    assert desk.offered() == {BEA: "10:00"}
    [held] = [b for b in desk.active(BookingStatus.HELD) if not b.wait_id]
    assert held.starts_at == at(9, 30)
    desk.join(BEA, at(11), at(12))
    desk.cancel(desk.booked(11))
    assert [wait.offer_id is not None for wait in desk.waits] == [True, True]
    assert held in desk.active(BookingStatus.HELD)


def test_holding_the_offered_slot_changes_nothing(desk: Desk) -> None:
    """Holding the offered slot does not prolong the offer.

    Other slots that overlap the offered slot cannot be held or booked, not even by the client who
    has the offer.
    """
    desk.join(BEA, *MORNING)
    desk.cancel(desk.booked(10))
    offer = desk.offers()[BEA]
    desk.now += OFFER - SECOND
    assert desk.hold(BEA, key(10)) == []
    assert desk.offers()[BEA] == offer
    with pytest.raises(SlotTaken):
        desk.hold(BEA, key(10, 30, 30))
    with pytest.raises(SlotTaken):
        desk.book(BEA, key(10, 30, 30))
    assert kinds(desk.book(BEA, key(10))) == ["BOOKED", "LEFT"]

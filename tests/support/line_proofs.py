"""Proves from an event log alone that offers were made in the order of the waiting list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.bookings.events import Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.bookings.wait import WaitTerms
    from models.calendar.slots import SlotKey
    from models.ids import Id


@dataclass
class _Entry:
    terms: WaitTerms
    offer_id: Id | None = None
    declined: set[SlotKey] = field(default_factory=set)
    is_passing: bool = False
    """Whether the entry's offer has just ended unaccepted, so that other entries go first."""


def prove_order(events: Iterable[Event]) -> list[Id]:
    """Replay an event log from its first event; return the client of each offer, in order.

    Raises:
        AssertionError: if a slot was offered although an entry earlier in line could have received
            the offer, or if an entry had two offers at the same time.
        KeyError: if an offer was made to an entry that is not in line.
    """
    line: dict[Id, _Entry] = {}
    offered: list[Id] = []
    for event in events:
        is_offer = event.kind is EventKind.HELD and event.wait_id is not None
        if not is_offer and event.kind is not EventKind.RELEASED:
            for entry in line.values():
                entry.is_passing = False
        if event.kind is EventKind.JOINED:
            assert event.wait_id
            assert event.terms
            line[event.wait_id] = _Entry(event.terms)
        elif event.kind is EventKind.LEFT:
            assert event.wait_id
            del line[event.wait_id]
        elif is_offer:
            _offer(event, line)
            offered.append(line[event.wait_id].terms.client_id)  # type: ignore[index] # is_offer
        elif event.kind is EventKind.RELEASED:
            _release(event, line)
    return offered


def _offer(event: Event, line: dict[Id, _Entry]) -> None:
    assert event.wait_id
    assert event.slot
    key, entry = event.slot.slot(event.expert_id).key, line[event.wait_id]
    assert entry.offer_id is None
    assert entry.terms.client_id == event.client_id
    assert entry.terms.admits(key)
    assert key not in entry.declined
    for wait_id, before in line.items():
        if wait_id == event.wait_id:
            break
        can_have_it = before.terms.admits(key) and key not in before.declined
        assert before.offer_id or before.is_passing or not can_have_it
    entry.offer_id = event.booking_id


def _release(event: Event, line: dict[Id, _Entry]) -> None:
    """Record that an offer has ended; a LEFT event follows if the entry also leaves the line."""
    entry = line.get(event.wait_id) if event.wait_id else None
    if entry is None or entry.offer_id != event.booking_id or event.slot is None:
        return
    key = event.slot.slot(event.expert_id).key
    entry.offer_id, entry.is_passing = None, True
    for other in line.values():
        if other.terms.client_id == event.client_id and other.terms.admits(key):
            other.declined.add(key)

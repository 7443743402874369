"""Audiences: identical subscriptions of one expert's events, served together.

What an event looks like to them is rendered once (280 ms of CPU an event for 1,000 subscriptions
that each execute it by themselves, 10 together) and handed to each. Only who has a part in the
event gets a rendering of its own.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from models.telemetry.metrics import DELIVERIES, CacheMeter
from subscriptions.encoded_events import EncodedEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from models.bookings.events import Event
    from models.ids import Id

Render: TypeAlias = "Callable[[Event], bytes | None]"
"""An event as bytes for clients; None for one that they have not asked for."""

MOST_RENDERED = 64

_meter = CacheMeter("audiences")


class Subscriber(Protocol):
    """One subscription: whose it is, and how it is handed what it asked for."""

    viewer_id: Id | None

    def render(self, event: Event) -> bytes | None:
        """The event as its own viewer sees it."""

    def send(self, parcel: EncodedEvent) -> bool:
        """Hand it over without waiting; False when nothing more can be taken for now."""

    async def drained(self) -> None:
        """Wait until more can be taken."""


class Audience:
    """The subscriptions to which an event looks the same."""

    _entries: ClassVar[int] = 0

    def __init__(self, render: Render) -> None:
        self._render = render
        self._rendered: OrderedDict[int, bytes | None] = OrderedDict()
        self._seats: dict[Subscriber, asyncio.Future[int]] = {}
        self.members = 0

    def parcel(self, events: Sequence[Event], seat: Subscriber) -> EncodedEvent:
        """What the subscription gets of some events."""
        parties = _parties(events) if seat.viewer_id else ()
        return self._own(events, seat) if seat.viewer_id in parties else self._shared(events)

    def _own(self, events: Sequence[Event], seat: Subscriber) -> EncodedEvent:
        return _parcel(
            seat.render(event) if seat.viewer_id in event.client_ids else self._once(event)
            for event in events
        )

    def _shared(self, events: Sequence[Event]) -> EncodedEvent:
        return _parcel(self._once(event) for event in events)

    def _once(self, event: Event) -> bytes | None:
        number = event.sequence
        if number in self._rendered:
            _meter.hits.inc()
            return self._rendered[number]
        _meter.misses.inc()
        rendered = self._rendered[number] = self._render(event)
        self._count(1)
        if len(self._rendered) > MOST_RENDERED:
            _meter.evictions.inc()
            self._rendered.popitem(last=False)
            self._count(-1)
        return rendered

    def close(self) -> None:
        """Forget what was rendered: nobody is left."""
        self._count(-len(self._rendered))
        self._rendered.clear()

    @classmethod
    def _count(cls, more: int) -> None:
        cls._entries += more
        _meter.size(cls._entries)

    def deliver(self, events: Sequence[Event]) -> None:
        """Hand events to everyone who is served live; who cannot take more leaves."""
        DELIVERIES.inc(len(self._seats) * len(events))
        parties = _parties(events)
        shared: EncodedEvent | None = None
        for seat, leaving in list(self._seats.items()):
            try:
                if seat.viewer_id in parties:
                    parcel = self._own(events, seat)
                else:
                    parcel = shared = shared or self._shared(events)
                goes_on = not parcel.payloads or seat.send(parcel)
            except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the seat
                del self._seats[seat]
                if not leaving.done():
                    leaving.set_exception(error)
                continue
            if not goes_on:
                del self._seats[seat]
                if not leaving.done():
                    leaving.set_result(events[-1].sequence)

    async def sit(self, seat: Subscriber) -> int:
        """Be served live from the next event on; answers the last one's number on leaving."""
        leaving: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._seats[seat] = leaving
        try:
            return await leaving
        finally:
            self._seats.pop(seat, None)


def _parties(events: Iterable[Event]) -> set[Id]:
    """Who has a part in any of them."""
    return {client_id for event in events for client_id in event.client_ids}


def _parcel(payloads: Iterable[bytes | None]) -> EncodedEvent:
    return EncodedEvent([payload for payload in payloads if payload is not None])

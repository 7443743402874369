"""Audiences: groups of identical subscriptions, for which an event is rendered only once.

A viewer whose own booking is in the event gets a separate rendering, since it differs for them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from models.telemetry.metrics import DELIVERIES, CacheMeter
from subscriptions.encoded_events import EncodedEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from models.bookings.events import Event
    from models.ids import Id

Render: TypeAlias = "Callable[[Event], bytes | None]"
"""Renders an event as bytes for clients; None for an event that the subscription filters out."""

MAX_RENDERED_EVENTS = 64
"""Renderings that an audience caches; the oldest is evicted first."""

_meter = CacheMeter("audiences")


class Subscriber(Protocol):
    """A subscription that receives encoded events."""

    viewer_id: Id | None

    def render(self, event: Event) -> bytes | None:
        """Render an event for this subscription's viewer."""

    def send(self, encoded: EncodedEvents) -> bool:
        """Send events without waiting; return False if the send buffer is full afterwards."""

    async def drained(self) -> None:
        """Wait until the send buffer has room again."""


class Audience:
    """Subscriptions for which an event is rendered alike."""

    _entries: ClassVar[int] = 0

    def __init__(self, render: Render) -> None:
        self._render = render
        self._rendered: OrderedDict[int, bytes | None] = OrderedDict()
        self._live: dict[Subscriber, asyncio.Future[int]] = {}
        self.members = 0

    def encode(self, events: Sequence[Event], subscriber: Subscriber) -> EncodedEvents:
        """Encode events for one subscriber."""
        clients = _client_ids(events) if subscriber.viewer_id else ()
        if subscriber.viewer_id in clients:
            return self._encode_for_client(events, subscriber)
        return self._encode_shared(events)

    def _encode_for_client(self, events: Sequence[Event], subscriber: Subscriber) -> EncodedEvents:
        return _encoded(
            subscriber.render(event)
            if subscriber.viewer_id in event.client_ids
            else self._render_once(event)
            for event in events
        )

    def _encode_shared(self, events: Sequence[Event]) -> EncodedEvents:
        return _encoded(self._render_once(event) for event in events)

    def _render_once(self, event: Event) -> bytes | None:
        number = event.sequence
        if number in self._rendered:
            _meter.hits.inc()
            return self._rendered[number]
        _meter.misses.inc()
        rendered = self._rendered[number] = self._render(event)
        self._count_entries(1)
        if len(self._rendered) > MAX_RENDERED_EVENTS:
            _meter.evictions.inc()
            self._rendered.popitem(last=False)
            self._count_entries(-1)
        return rendered

    def close(self) -> None:
        """Drop the cached renderings of an audience without members."""
        self._count_entries(-len(self._rendered))
        self._rendered.clear()

    @classmethod
    def _count_entries(cls, change: int) -> None:
        cls._entries += change
        _meter.size(cls._entries)

    def deliver(self, events: Sequence[Event]) -> None:
        """Send events to all live subscribers; remove those whose send buffer is full."""
        DELIVERIES.inc(len(self._live) * len(events))
        clients = _client_ids(events)
        shared: EncodedEvents | None = None
        for subscriber, removal in list(self._live.items()):
            try:
                if subscriber.viewer_id in clients:
                    encoded = self._encode_for_client(events, subscriber)
                else:
                    encoded = shared = shared or self._encode_shared(events)
                has_room = not encoded.payloads or subscriber.send(encoded)
            except Exception as error:  # noqa: BLE001 - `serve_live` raises it
                del self._live[subscriber]
                if not removal.done():
                    removal.set_exception(error)
                continue
            if not has_room:
                del self._live[subscriber]
                if not removal.done():
                    removal.set_result(events[-1].sequence)

    async def serve_live(self, subscriber: Subscriber) -> int:
        """Add a live subscriber and wait until it is removed because its send buffer is full.

        Returns:
            The number of the last event that was delivered to it.
        """
        removal: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._live[subscriber] = removal
        try:
            return await removal
        finally:
            self._live.pop(subscriber, None)


def _client_ids(events: Iterable[Event]) -> set[Id]:
    """Return the ids of the clients whose bookings are in the events."""
    return {client_id for event in events for client_id in event.client_ids}


def _encoded(payloads: Iterable[bytes | None]) -> EncodedEvents:
    return EncodedEvents([payload for payload in payloads if payload is not None])

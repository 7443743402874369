"""Audiences: groups of identical subscriptions, for which an event is rendered only once.

If an event concerns a viewer's own booking, this viewer's subscriptions get a separate rendering,
because its content differs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Protocol, TypeAlias

from models.caching.cache import Cache
from models.telemetry.metrics import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from models.bookings.events import Event
    from models.ids import Id

Render: TypeAlias = "Callable[[Event], bytes | None]"
"""Renders an event as bytes for clients; returns None if the subscription filters it out."""

MAX_RENDERED_EVENTS = 64
"""Maximum number of renderings cached per audience; the oldest is evicted first."""

MAX_RENDERINGS = 16_384

MAX_RENDERED_BYTES = 16 * 1024 * 1024
"""Maximum size of the cached renderings of all audiences together, in bytes."""

_rendered: Cache[tuple[int, int], tuple[bytes | None]] = Cache(
    "audiences", MAX_RENDERINGS, MAX_RENDERED_BYTES
)
"""Cached renderings, keyed by the numbers of the audience and the event."""

_numbers = count()


class Encoding(Protocol):
    """A wire format for the results of subscriptions."""

    @property
    def key(self) -> Hashable:
        """Cache key: encodings with equal keys encode results identically."""

    def result(self, payload: bytes) -> bytes:
        """Encode a result that is given as JSON."""


class EncodedEvents:
    """Rendered events, oldest first, which are encoded only once per wire format.

    Most clients number their operations from one, so thousands of WebSockets can share the same
    encoded frames. The events of one commit are sent in a single write, because system calls
    account for most of the cost.
    """

    __slots__ = ("_encoded", "payloads")

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self.payloads = payloads
        self._encoded: dict[Hashable, bytes] = {}

    def encoded(self, encoding: Encoding) -> bytes:
        """Return the events in the given encoding, joined to one byte string."""
        encoded = self._encoded.get(encoding.key)
        if encoded is None:
            encoded = b"".join(map(encoding.result, self.payloads))
            self._encoded[encoding.key] = encoded
        return encoded


class Member(Protocol):
    """A subscription that receives the events of an audience."""

    viewer_id: Id | None

    def render(self, event: Event) -> bytes | None:
        """Render an event for this subscription's viewer."""

    def send(self, events: EncodedEvents) -> bool:
        """Send events at once; return False if `drained` must be awaited before sending more."""

    async def drained(self) -> None:
        """Wait until the send buffer has room again."""


class Audience:
    """Group of subscriptions that share the rendering of events."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._number = next(_numbers)
        self._recent: deque[int] = deque()
        self._live: dict[Member, asyncio.Future[int]] = {}
        self.size = 0

    def encode(self, events: Sequence[Event], member: Member) -> EncodedEvents:
        """Render events for one member."""
        return EncodedEvents(
            [
                payload
                for event in events
                if (payload := self._render_for(event, member)) is not None
            ]
        )

    def _render_for(self, event: Event, member: Member) -> bytes | None:
        if member.viewer_id and member.viewer_id in event.client_ids:
            return member.render(event)
        return self._render_once(event)

    def _render_once(self, event: Event) -> bytes | None:
        key = self._number, event.sequence
        found = _rendered.get(key)
        if found is None:
            found = (self._render(event),)
            _rendered.put(key, found)
            self._recent.append(event.sequence)
            if len(self._recent) > MAX_RENDERED_EVENTS:
                _rendered.remove((self._number, self._recent.popleft()))
        return found[0]

    def close(self) -> None:
        """Drop the audience's cached renderings; called when the last member has left."""
        for number in self._recent:
            _rendered.remove((self._number, number))
        self._recent.clear()

    def deliver(self, events: Sequence[Event]) -> None:
        """Send events to all live members; remove the members whose send buffer is full."""
        DELIVERIES.inc(len(self._live) * len(events))
        clients = {client_id for event in events for client_id in event.client_ids}
        shared: EncodedEvents | None = None
        own: dict[Id | None, EncodedEvents] = {}
        for member, removal in list(self._live.items()):
            try:
                if member.viewer_id in clients:
                    found = own.get(member.viewer_id)
                    encoded = own[member.viewer_id] = found or self.encode(events, member)
                else:
                    encoded = shared = shared or self.encode(events, member)
                if not encoded.payloads or member.send(encoded):
                    continue
            except Exception as error:  # noqa: BLE001 - the member's future raises the error
                if not removal.done():
                    removal.set_exception(error)
            del self._live[member]
            if not removal.done():
                removal.set_result(events[-1].sequence)

    def end(self, error: Callable[[], Exception]) -> None:
        """Remove all live members, and set an error on their futures."""
        for removal in self._live.values():
            if not removal.done():
                removal.set_exception(error())
        self._live.clear()

    def join(self, member: Member) -> asyncio.Future[int]:
        """Add a member, which stays live until it leaves or its send buffer is full.

        Returns:
            A future. If the member is removed because its send buffer is full, the future's result
            is the number of the last event that was delivered to the member.
        """
        removal: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._live[member] = removal
        return removal

    def leave(self, member: Member) -> None:
        """Remove a member, if it is live."""
        self._live.pop(member, None)

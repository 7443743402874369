"""Response cache for public queries: repeated requests get a stored response, without execution.

A cached response is valid as long as the version numbers of the directory and of the calendars that
it was computed from are unchanged (models/directory/versions.py). A response also expires when the
passing of time alone would change its content (models/calendar/expiry.py). A change made by this
process drops the affected responses at once. Changes made by other processes are detected by
reading the version numbers from the database: twice a second for responses in frequent use, and at
the next request for all other responses. A response is served only if it was verified within the
last second.

Private responses are never stored. A response is private if its fields depend on the viewer
(schema/execution/freshness.py) or its request carries credentials.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import OrderedDict, defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.responses import Response

from models.bookings.events import Position, last_positions
from models.caching.cache import Doorkeeper
from models.caching.sizes import bytes_of
from models.directory.versions import directory_version
from models.errors import Unavailable
from models.telemetry.metrics import CacheMeter
from web.graphql.recent_changes import RecentChanges

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from models.ids import Id
    from schema.execution.observation import OperationSummary
    from web.edge.headers import RawHeaders

log = logging.getLogger(__name__)

MAX_CACHE_BYTES: Final = 32 * 1024 * 1024
MAX_RESPONSE_BYTES: Final = 64 * 1024
"""Maximum length of a stored response body; longer responses are rarely requested again."""

LARGE_RESPONSE_BYTES: Final = 16 * 1024
"""Length above which a response body is stored only at its second request.

Most of these long responses are requested only once.
"""

VALID_SECONDS: Final = 1.0
"""Time for which a response is served after it was verified."""

VERIFY_INTERVAL_SECONDS: Final = 0.5
IN_USE_SECONDS: Final = 10.0
"""Responses with a cache hit within this time are verified periodically."""

IDLE_SECONDS: Final = 60.0
"""Responses that were not requested within this time are dropped."""

ENTRY_OVERHEAD_BYTES: Final = 1_500
"""Memory use of a cache entry in addition to its body, headers and key."""


class CacheKey(NamedTuple):
    """Key made of a request's bytes: the body of a POST, or the query string of a GET or HEAD.

    Apart from these bytes and the media type, nothing in a cacheable request affects the response.
    """

    is_from_url: bool
    media_type: str
    content: bytes

    @property
    def body(self) -> bytes | None:
        """The body of a POST request; None for a GET or HEAD request."""
        return None if self.is_from_url else self.content


class Checkpoint(NamedTuple):
    """State of the cache before a response is computed.

    Args:
        time: time of the cache's monotonic clock, in seconds.
        change: number of the latest change that this process knows of.
        directory: latest known version of the directory.
    """

    time: float
    change: int
    directory: int | None


@dataclass(slots=True, eq=False)
class CachedResponse:
    """A response, and the versions of the data from which it was computed.

    Args:
        headers: the response headers, except those that depend on the client or the connection.
        body: the response body.
        subject: the operation, as metrics and logs show it.
        cost: rate-limit cost of the operation.
        checkpoint: state of the cache before the response was computed.
        calendars: for each calendar that was read, its position in the event log, by expert ID.
        expires_at: Unix time at which the response is outdated even if no data has changed.
    """

    headers: RawHeaders
    body: bytes
    subject: OperationSummary
    cost: int
    checkpoint: Checkpoint
    calendars: Mapping[Id, Position]
    expires_at: float
    verified_at: float = field(init=False)
    used_at: float = field(init=False)
    hit_at: float = -math.inf

    def __post_init__(self) -> None:
        self.verified_at = self.used_at = self.checkpoint.time

    def response(self) -> Response:
        """Return the cached response as a new object, to which headers can be added."""
        response = Response(self.body)
        response.raw_headers = list(self.headers)
        return response


class ResponseCache:
    """LRU cache of responses with a limit on their total size in bytes.

    Args:
        max_bytes: maximum total size of all entries, including their keys.
        clock: returns the monotonic time in seconds, for verification and idle times.
        wall_clock: returns the Unix time in seconds, which is compared with `expires_at`.
    """

    def __init__(
        self,
        max_bytes: int = MAX_CACHE_BYTES,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._entries: OrderedDict[CacheKey, CachedResponse] = OrderedDict()
        self._keys_by_expert: defaultdict[Id, set[CacheKey]] = defaultdict(set)
        self._max_bytes = max_bytes
        self._bytes = 0
        self._clock = clock
        self._wall_clock = wall_clock
        self._meter = CacheMeter("answers")
        self._doorkeeper = Doorkeeper("questions")
        self._changes = RecentChanges()
        self._directory: int | None = None

    def find(self, key: CacheKey) -> CachedResponse | None:
        """Return the key's response if it was verified within the last second, else None."""
        cached = self._entries.get(key)
        if cached is None:
            return None
        now = self._clock()
        if now >= cached.verified_at + VALID_SECONDS or self._wall_clock() >= cached.expires_at:
            return None
        cached.used_at = cached.hit_at = now
        self._entries.move_to_end(key)
        self._meter.hits.inc()
        return cached

    async def find_and_verify(self, key: CacheKey) -> CachedResponse | None:
        """Return the key's response if the versions in the database are unchanged, else None.

        Raises:
            Unavailable: if the database does not respond.
        """
        cached = self._entries.get(key)
        if cached is None:
            return None
        await self._verify({key: cached})
        return self.find(key)

    def record_miss(self) -> Checkpoint:
        """Count a cache miss, and return the cache's state before the response is computed."""
        self._meter.misses.inc()
        return Checkpoint(self._clock(), self._changes.latest, self._directory)

    def store(self, key: CacheKey, cached: CachedResponse, *, has_waiters: bool = False) -> None:
        """Store a response, unless it is too long or has been outdated by a change in the meantime.

        A large response is only stored if other requests wait for it or it was requested before.
        """
        size = len(cached.body)
        if size > MAX_RESPONSE_BYTES:
            return
        if size > LARGE_RESPONSE_BYTES and not (has_waiters or self._doorkeeper.seen_before(key)):
            return
        if not self._changes.is_unchanged(cached.calendars, since=cached.checkpoint.change):
            return
        if key in self._entries:
            self._drop(key)
        self._entries[key] = cached
        for expert_id in cached.calendars:
            self._keys_by_expert[expert_id].add(key)
        self._bytes += _size(key, cached)
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))
            self._meter.evictions.inc()
        self._meter.size(len(self._entries), self._bytes)

    def calendars_changed(self, expert_ids: Iterable[Id]) -> None:
        """Drop the responses that were computed from any of these experts' calendars."""
        for expert_id in set(expert_ids):
            self._changes.record(expert_id)
            for key in self._keys_by_expert.get(expert_id, set()).copy():
                self._drop(key)

    def directory_changed(self) -> None:
        """Drop all responses, because every public response depends on the directory."""
        self._changes.record_all()
        for key in list(self._entries):
            self._drop(key)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ResponseCache]:
        """Verify responses periodically for the duration of the context."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._verify_periodically(), name="response cache")
            try:
                yield self
            finally:
                task.cancel()
                self.directory_changed()

    async def _verify_periodically(self) -> None:
        while True:
            try:
                await self.verify_in_use()
            except Unavailable:
                log.warning("The database is unavailable; cached responses cannot be verified.")
            await asyncio.sleep(VERIFY_INTERVAL_SECONDS)

    async def verify_in_use(self) -> None:
        """Verify the responses with recent hits, and drop those that are idle.

        Raises:
            Unavailable: if the database does not respond; in that case, no response is verified.
        """
        now = self._clock()
        idle = [
            key for key, cached in self._entries.items() if now >= cached.used_at + IDLE_SECONDS
        ]
        for key in idle:
            self._drop(key)
        in_use = {
            key: cached
            for key, cached in self._entries.items()
            if now < cached.hit_at + IN_USE_SECONDS
        }
        if in_use or self._directory is None:
            await self._verify(in_use)

    async def _verify(self, entries: Mapping[CacheKey, CachedResponse]) -> None:
        """Read the current versions from the database, and drop outdated entries."""
        started_at = self._clock()
        experts = {expert_id for cached in entries.values() for expert_id in cached.calendars}
        directory = await directory_version()
        positions = await last_positions(experts)
        self._directory = directory
        for key, cached in entries.items():
            if self._entries.get(key) is not cached:
                continue
            if (
                cached.checkpoint.directory == directory
                and all(positions.get(id_) == known for id_, known in cached.calendars.items())
                and self._wall_clock() < cached.expires_at
            ):
                cached.verified_at = max(cached.verified_at, started_at)
            else:
                self._drop(key)

    def _drop(self, key: CacheKey) -> None:
        cached = self._entries.pop(key)
        self._bytes -= _size(key, cached)
        for expert_id in cached.calendars:
            keys = self._keys_by_expert[expert_id]
            keys.discard(key)
            if not keys:
                del self._keys_by_expert[expert_id]
        self._meter.size(len(self._entries), self._bytes)


def _size(key: CacheKey, cached: CachedResponse) -> int:
    """Return the approximate memory use of a cache entry, in bytes."""
    headers = sum(len(name) + len(value) for name, value in cached.headers)
    calendars = 200 * len(cached.calendars)
    texts = len(key.content) + len(cached.body) + bytes_of(cached.subject)
    return ENTRY_OVERHEAD_BYTES + texts + headers + calendars

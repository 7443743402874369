"""Response cache for public queries: repeated requests get stored bytes without execution.

A cached response is valid while the version numbers of the directory and of the calendars that it
was made from are unchanged (models/directory/versions.py), and until the clock changes it
(models/calendar/expiry.py). A change in this process drops the responses concerned at once. Changes
elsewhere are found by reading the version numbers: twice a second for responses in frequent use, on
request for the rest. A response that was not verified within the last second is not served.

Private responses are never stored. What a document reads (schema/execution/freshness.py) and the
requester decide what is private.
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

from models.caching.cache import Doorkeeper
from models.directory.versions import calendar_versions, directory_version
from models.errors import Unavailable
from models.telemetry.metrics import CacheMeter
from web.graphql.recent_changes import RecentChanges

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from models.ids import Id
    from schema.execution.observation import OperationSummary
    from web.edge.headers import RawHeaders

log = logging.getLogger(__name__)

MOST_BYTES: Final = 32 * 1024 * 1024
LONGEST_ANSWER: Final = 64 * 1024
"""A page of experts takes 10 KB, a month of slots 20: longer ones are seldom asked for again."""

LONG_ANSWER: Final = 16 * 1024
"""What is longer is asked for only once most of the time, and takes others' places."""

RIGHT_SECONDS: Final = 1.0
"""How long an answer counts after it was known to be right."""

LOOK_SECONDS: Final = 0.5
IN_USE_SECONDS: Final = 10.0
"""What was given once more in that time is looked up without being asked for."""

IDLE_SECONDS: Final = 60.0
"""What nobody has asked for in that time is forgotten."""

OVERHEAD: Final = 1_500
"""Bytes that an answer takes beside its own and its question's."""


class CacheKey(NamedTuple):
    """What was asked, as it came: in the body or, of GET and HEAD, in the address.

    Everything else in such a request makes no difference to its answer.
    """

    is_in_address: bool
    media_type: str
    asked: bytes

    @property
    def body(self) -> bytes | None:
        """The body, where it is what was asked."""
        return None if self.is_in_address else self.asked


class Mark(NamedTuple):
    """A moment before anything was read: by the clock, and how far changes were known then."""

    at: float
    change: int
    directory: int | None


@dataclass(slots=True, eq=False)
class CachedResponse:
    """An answer as it is sent, and what it depends on.

    Args:
        headers: all but those about the client and the connection.
        body: the bytes.
        subject: what it is counted and logged as.
        cost: of its operation.
        mark: from before it was made.
        calendars: the number of the last event of each calendar in it.
        until: when the clock changes it, in seconds since 1970.
    """

    headers: RawHeaders
    body: bytes
    subject: OperationSummary
    cost: int
    mark: Mark
    calendars: Mapping[Id, int]
    until: float
    known_at: float = field(init=False)
    used_at: float = field(init=False)
    given_at: float = -math.inf

    def __post_init__(self) -> None:
        self.known_at = self.used_at = self.mark.at

    def response(self) -> Response:
        """The answer with headers that can be added to."""
        response = Response(self.body)
        response.raw_headers = list(self.headers)
        return response


class ResponseCache:
    """The answers of one process, the latest used ones, up to so many bytes.

    Args:
        most_bytes: with the questions.
        clock: in seconds, for how long an answer counts.
        wall_clock: in seconds since 1970, for what changes by the clock.
    """

    def __init__(
        self,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._kept: OrderedDict[CacheKey, CachedResponse] = OrderedDict()
        self._of_expert: defaultdict[Id, set[CacheKey]] = defaultdict(set)
        self._most = most_bytes
        self._bytes = 0
        self._clock = clock
        self._wall_clock = wall_clock
        self._meter = CacheMeter("answers", has_bytes=True)
        self._came = Doorkeeper("questions")
        self._changes = RecentChanges()
        self._directory: int | None = None

    def find(self, question: CacheKey) -> CachedResponse | None:
        """The answer to that question, if there is one that is known to be right."""
        answer = self._kept.get(question)
        if answer is None:
            return None
        now = self._clock()
        if now >= answer.known_at + RIGHT_SECONDS or self._wall_clock() >= answer.until:
            return None
        answer.used_at = answer.given_at = now
        self._kept.move_to_end(question)
        self._meter.hits.inc()
        return answer

    async def renew(self, question: CacheKey) -> CachedResponse | None:
        """The answer to that question, if there is one that turns out to be right still.

        Raises:
            Unavailable: when the database does not answer.
        """
        answer = self._kept.get(question)
        if answer is None:
            return None
        await self._look_at({question: answer})
        return self.find(question)

    def missed(self) -> Mark:
        """Count an answer that has to be made; gives the moment, before anything is read for it."""
        self._meter.misses.inc()
        return Mark(self._clock(), self._changes.latest, self._directory)

    def keep(self, question: CacheKey, answer: CachedResponse, *, is_awaited: bool = False) -> None:
        """Keep an answer, unless it is too long or something in it has changed meanwhile.

        A long one is kept for who waits for it, or if it was asked for before.
        """
        size = len(answer.body)
        if size > LONGEST_ANSWER:
            return
        if size > LONG_ANSWER and not (is_awaited or self._came.seen_before(question)):
            return
        if not self._changes.none_since(answer.mark.change, answer.calendars):
            return
        if question in self._kept:
            self._drop(question)
        self._kept[question] = answer
        for expert_id in answer.calendars:
            self._of_expert[expert_id].add(question)
        self._bytes += _size(question, answer)
        while self._bytes > self._most:
            self._drop(next(iter(self._kept)))
            self._meter.evictions.inc()
        self._meter.size(len(self._kept), self._bytes)

    def calendars_changed(self, expert_ids: Iterable[Id]) -> None:
        """Drop what some calendars are in."""
        for expert_id in set(expert_ids):
            self._changes.note(expert_id)
            for question in self._of_expert.get(expert_id, set()).copy():
                self._drop(question)

    def directory_changed(self) -> None:
        """Drop everything: whatever is public has read an expert's entry."""
        self._changes.note_all()
        for question in list(self._kept):
            self._drop(question)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ResponseCache]:
        """Look for changes elsewhere for as long as the context lasts."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._look_on(), name="kept answers")
            try:
                yield self
            finally:
                task.cancel()
                self.directory_changed()

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable:
                log.warning("the database is away; no answers are kept")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look at what was given again lately, and forget what nobody asked for for long.

        Raises:
            Unavailable: when the database does not answer; nothing is known to be right then.
        """
        now = self._clock()
        idle = [q for q, answer in self._kept.items() if now >= answer.used_at + IDLE_SECONDS]
        for question in idle:
            self._drop(question)
        in_use = {q: a for q, a in self._kept.items() if now < a.given_at + IN_USE_SECONDS}
        if in_use or self._directory is None:
            await self._look_at(in_use)

    async def _look_at(self, kept: Mapping[CacheKey, CachedResponse]) -> None:
        """Look up the numbers of some answers, and drop those that are not right any more."""
        began = self._clock()
        experts = {expert_id for answer in kept.values() for expert_id in answer.calendars}
        directory = await directory_version()
        found = await calendar_versions(list(experts))
        self._directory = directory
        for question, answer in kept.items():
            if self._kept.get(question) is not answer:
                continue
            if (
                answer.mark.directory == directory
                and all(found.get(id_) == number for id_, number in answer.calendars.items())
                and self._wall_clock() < answer.until
            ):
                answer.known_at = max(answer.known_at, began)
            else:
                self._drop(question)

    def _drop(self, question: CacheKey) -> None:
        answer = self._kept.pop(question)
        self._bytes -= _size(question, answer)
        for expert_id in answer.calendars:
            of_expert = self._of_expert[expert_id]
            of_expert.discard(question)
            if not of_expert:
                del self._of_expert[expert_id]
        self._meter.size(len(self._kept), self._bytes)


def _size(question: CacheKey, answer: CachedResponse) -> int:
    headers = sum(len(name) + len(value) for name, value in answer.headers)
    return OVERHEAD + len(question.asked) + len(answer.body) + headers + 200 * len(answer.calendars)

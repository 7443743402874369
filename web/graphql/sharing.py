"""Single-flight for identical requests: concurrent requests share one response."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from models.caching.single_flight import SingleFlight
from schema.execution.documents import cost_of
from schema.execution.observation import observe_cached_response, summary_of
from schema.execution.operations import operation_time_limit
from web.graphql.response_cache import CachedResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graphql import ExecutionResult
    from starlette.responses import Response

    from schema.context import Context
    from schema.execution.prepared import Prepared
    from web.graphql.response_cache import CacheKey, ResponseCache


class ResponseCoalescer:
    """Computes each public response once for concurrent identical requests, and caches it.

    Attributes:
        cache: the response cache.
    """

    def __init__(self, cache: ResponseCache) -> None:
        self.cache = cache
        self._flights: SingleFlight[CacheKey, None] = SingleFlight()

    async def answer(
        self,
        key: CacheKey,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        context: Context,
        compute: Callable[[], Awaitable[tuple[Response, ExecutionResult]]],
    ) -> Response:
        """Return the response to a public query: cached, shared or computed.

        If a computation fails, one of the waiting requests retries it. If the computed response
        cannot be cached, because it has errors or is already outdated, each waiting request
        computes its own response.

        Raises:
            RequestFailed: if `compute` raises it.
            TimedOut: if the response takes longer than the operation timeout.
        """
        started_at = perf_counter()
        async with operation_time_limit(prepared, context):
            succeeded = False
            while not succeeded and (other := await self._flights.wait_for(key)):
                succeeded = other.succeeded
                if cached := self.cache.find(key):
                    observe_cached_response(cached.subject, started_at)
                    return cached.response()
            with self._flights.start(key) as flight:
                if cached := await self.cache.find_and_verify(key):
                    observe_cached_response(cached.subject, started_at)
                    return cached.response()
                checkpoint = self.cache.record_miss()
                response, result = await compute()
                reads = context.loaders.reads
                if not (result.errors or reads.is_momentary):
                    cost = cost_of(prepared, variables)
                    computed = CachedResponse(
                        headers=tuple(response.raw_headers),
                        body=bytes(response.body),
                        subject=summary_of(prepared, cost),
                        cost=cost,
                        checkpoint=checkpoint,
                        calendars=reads.positions,
                        expires_at=reads.unchanged_until(context.now).timestamp(),
                    )
                    self.cache.store(key, computed, has_waiters=flight.has_waiters)
                return response

"""Who asks the same at the same time gets one answer: it is made once, however many wait for it."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from models.caching.single_flight import SingleFlight
from schema.execution.documents import cost_of
from schema.execution.observation import observe_cached_response, summary_of
from schema.execution.operations import in_time
from web.graphql.response_cache import CachedResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graphql import ExecutionResult
    from starlette.responses import Response

    from schema.context import Context
    from schema.execution.prepared import Prepared
    from web.graphql.response_cache import CacheKey, ResponseCache


class Shared:
    """Answers that are made once for all who ask the same at the same time, and kept."""

    def __init__(self, answers: ResponseCache) -> None:
        self.answers = answers
        self._flights: SingleFlight[CacheKey, None] = SingleFlight()

    async def answer(
        self,
        question: CacheKey,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        context: Context,
        make: Callable[[], Awaitable[tuple[Response, ExecutionResult]]],
    ) -> Response:
        """The answer to a public query.

        Where making it fails the next who waits tries; where it cannot be kept, as it has errors or
        something in it has changed meanwhile, each makes its own.

        Raises:
            RequestFailed: as `make` does.
            TimedOut: when it takes too long.
        """
        began = perf_counter()
        async with in_time(prepared, context):
            succeeded = False
            while not succeeded and (other := await self._flights.wait_for(question)):
                succeeded = other.succeeded
                if found := self.answers.find(question):
                    observe_cached_response(found.subject, began)
                    return found.response()
            with self._flights.start(question) as flight:
                if found := await self.answers.renew(question):
                    observe_cached_response(found.subject, began)
                    return found.response()
                mark = self.answers.missed()
                response, result = await make()
                if not result.errors:
                    cost = cost_of(prepared, variables)
                    reads = context.loaders.reads
                    answer = CachedResponse(
                        headers=tuple(response.raw_headers),
                        body=bytes(response.body),
                        subject=summary_of(prepared, cost),
                        cost=cost,
                        mark=mark,
                        calendars=reads.sequences,
                        until=reads.unchanged_until(context.now).timestamp(),
                    )
                    self.answers.keep(question, answer, is_awaited=flight.has_waiters)
                return response

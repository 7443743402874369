"""Public queries for pages, executed in the same way as anonymous requests to `/graphql`."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from schema.context import Context
from schema.execution.documents import prepare
from schema.execution.freshness import public_seconds
from schema.execution.observation import observe_cached_response
from web.graphql.http import execute
from web.graphql.media import GRAPHQL_JSON
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.response_cache import CacheKey

if TYPE_CHECKING:
    from web.container import Container

ERRORS = b'{"errors"'
"""Beginning of a response with errors; see `body_of`."""


class PageQuery(NamedTuple):
    """A GraphQL query and the name of its operation."""

    name: str
    text: str

    def body(self, variables: dict[str, Any]) -> bytes:
        """Return the request body that Apollo Client sends, so that both share cached responses."""
        request = {"operationName": self.name, "variables": variables, "query": self.text}
        return orjson.dumps(request)


async def public_answer(
    container: Container, query: PageQuery, variables: dict[str, Any], address: str
) -> bytes | None:
    """Return the JSON response to a query, and charge the query's cost to a network address.

    Returns:
        The response; None if it has errors or may depend on the viewer.

    Raises:
        RateLimited: if the budget of the network address is exhausted.
        Unavailable: if the database does not respond.
        RequestFailed: if the query or its variables are invalid.
    """
    services, coalescer = container.services, container.coalescer
    charge = RateLimitCharge(services.budgets, None, address)
    content = query.body(variables)
    key = CacheKey(is_from_url=False, media_type=GRAPHQL_JSON, content=content)
    started_at = perf_counter()
    if coalescer and (cached := coalescer.cache.find(key)):
        await charge.pay_for_cached(cached.cost)
        observe_cached_response(cached.subject, started_at)
        return cached.body
    use_cache = services.use_caches
    prepared = await charge.prepare(
        partial(prepare, query.text, query.name, introspection=False, use_cache=use_cache)
    )
    if public_seconds(prepared) is None:
        return None
    await charge.pay(prepared, variables)
    context = Context(services, None, address)
    compute = partial(execute, prepared, variables, context, GRAPHQL_JSON, None)
    if coalescer:
        response = await coalescer.answer(key, prepared, variables, context, compute)
    else:
        response, _ = await compute()
    body = bytes(response.body)
    return None if body.startswith(ERRORS) else body

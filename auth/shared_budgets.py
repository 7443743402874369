"""Token buckets in a Redis or Valkey server, shared by all processes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.budget_accounts import BudgetAccount

TIMEOUT_SECONDS = 0.25
MAX_CONNECTIONS = 8
KEY_PREFIX = "expertbook:budget:"

SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local always, wait, debts = ARGV[1] == '1', 0, {}
for i, key in ipairs(KEYS) do
  local cost, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  debts[i] = math.max(tonumber(redis.call('GET', key) or '0') - now, 0)
  wait = math.max(wait, debts[i] + cost - window)
end
for i, key in ipairs(KEYS) do
  local cost, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  if always or wait <= 0 then
    debts[i] = math.min(debts[i] + cost, window)
    local full = string.format('%.6f', now + debts[i])
    redis.call('SET', key, full, 'PX', math.ceil(debts[i] * 1000) + 1)
  end
  debts[i] = string.format('%.6f', debts[i])
end
return {string.format('%.6f', wait), unpack(debts)}
"""
"""`TokenBuckets.take` as a Lua script, which uses the clock of the Redis or Valkey server."""


class SharedBuckets:
    """Token buckets shared by all processes.

    Args:
        url: URL of the Redis or Valkey server.
    """

    def __init__(self, url: str) -> None:
        # No retries, because clients' requests would have to wait for them.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MAX_CONNECTIONS,
            timeout=TIMEOUT_SECONDS,
            protocol=2,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
        )
        self._client = Redis.from_pool(pool)
        self._script = self._client.register_script(SCRIPT)

    async def take(
        self, accounts: Sequence[BudgetAccount], cost: float, *, always: bool
    ) -> tuple[float, list[float]]:
        """Charge a cost to the accounts, like `TokenBuckets.take`.

        Raises:
            OSError: if the server fails or does not respond within `TIMEOUT_SECONDS`.
        """
        numbers = [
            number
            for account in accounts
            for number in (account.policy.refill_seconds(cost), account.policy.seconds)
        ]
        keys = [KEY_PREFIX + account.key for account in accounts]
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                wait, *debts = await self._script(keys=keys, args=[int(always), *numbers])
        except RedisError as error:
            raise ConnectionError("the rate limit server failed") from error
        return float(wait), [float(debt) for debt in debts]

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._client.aclose()

"""Token bucket that paces outgoing e-mails and the reading of frames from a WebSocket.

A single read from the network can hold tens of thousands of small frames, enough to block the
event loop noticeably. A WebSocket client above the limit is not refused; instead, its socket is
read more slowly.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BURST_FRAMES = 1_000
FRAMES_PER_SECOND = 100


class TokenBucket:
    """Token bucket that starts full.

    Args:
        burst: tokens that may be taken at once.
        rate: tokens added per second.
        clock: returns the monotonic time in seconds.
    """

    def __init__(
        self,
        burst: int = MAX_BURST_FRAMES,
        rate: int = FRAMES_PER_SECOND,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._burst_seconds = burst / rate
        self._rate = rate
        self._clock = clock
        self._full_at = 0.0

    def take(self, tokens: int) -> float:
        """Take tokens from the bucket, and return the seconds to wait before taking more."""
        now = self._clock()
        self._full_at = max(self._full_at, now) + tokens / self._rate
        return max(0.0, self._full_at - now - self._burst_seconds)

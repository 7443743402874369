"""How fast a socket's frames are taken.

One that comes at once from the network has up to 40,000 frames, which would be half a second in
which nobody else is served. No client needs more of them than this; who sends more is not refused,
but waits.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_AT_ONCE = 1_000
A_SECOND = 100


class Pace:
    """A bucket of frames that fills at a steady rate.

    Args:
        most: how many may come at once.
        rate: how many a second for good.
        clock: in seconds.
    """

    def __init__(
        self,
        most: int = MOST_AT_ONCE,
        rate: int = A_SECOND,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._most = most / rate
        self._rate = rate
        self._clock = clock
        self._full_at = 0.0

    def take(self, frames: int) -> float:
        """Count some frames; gives how many seconds to wait before the next."""
        now = self._clock()
        self._full_at = max(self._full_at, now) + frames / self._rate
        return max(0.0, self._full_at - now - self._most)

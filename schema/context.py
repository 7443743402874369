"""What every operation is given: the program's parts, who asks, and when."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from strawberry.types import Info as StrawberryInfo

from models.calendar.times import utc_now
from models.errors import TimedOut
from schema.loaders import Loaders

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from types import TracebackType

    from auth.budgets import Budgets
    from auth.viewers import Viewer, Viewers
    from models.caching.fast_paths import FastPath
    from models.ledger.ledger import Ledger
    from resolvers.alternatives import Alternatives
    from resolvers.listings import Listings
    from resolvers.lookups import Lookups
    from resolvers.sessions import SignIn, SignIns
    from subscriptions.bookings import BookingFeed
    from subscriptions.hub import Hub


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the running program that operations use.

    `directory_changed` is told of changes of experts' entries that the ledger does not make.
    """

    ledger: Ledger
    alternatives: Alternatives
    lookups: Lookups
    listings: Listings
    hub: Hub
    feed: BookingFeed
    sign_ins: SignIns
    viewers: Viewers
    budgets: Budgets
    allows_introspection: bool
    currency: str
    phone_region: str | None
    hold_lifetime: timedelta
    operation_seconds: float
    fast: frozenset[FastPath]
    directory_changed: Callable[[], None]


@dataclass(slots=True)
class BrowserSession:
    """A session in cookies: what the browser sent, and what is to become of it."""

    refresh_token: str | None
    issued: SignIn | None = None
    is_ended: bool = False


class TimeLimit:
    """Gives up what takes too long, without harm to what is already under way elsewhere.

    No generator, of which Python would make three objects for each operation.
    """

    __slots__ = ("_changes", "_seconds", "_timeout")
    _timeout: asyncio.Timeout

    def __init__(self, seconds: float, *, changes: bool) -> None:
        self._seconds = seconds
        self._changes = changes

    async def __aenter__(self) -> None:
        """Begin to count the time."""
        self._timeout = asyncio.timeout(self._seconds)
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tell it where the time was over.

        Raises:
            TimedOut: when it was.
        """
        try:
            await self._timeout.__aexit__(kind, error, traceback)
            if isinstance(error, TimeoutError):
                raise error
        except TimeoutError as late:
            raise TimedOut(self._seconds, changes=self._changes) from late


@dataclass(slots=True)
class Context:
    """One operation: `now` is taken once, and loaders remember within it alone.

    `address` is the client's; `browser` is set where its session lives in cookies.
    """

    services: Services
    viewer: Viewer | None
    address: str = ""
    browser: BrowserSession | None = None
    now: datetime = field(default_factory=utc_now)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.forget()

    def in_time(self, *, changes: bool = False) -> TimeLimit:
        """Give up what takes longer than an operation may.

        Args:
            changes: whether it may change something.
        """
        return TimeLimit(self.services.operation_seconds, changes=changes)

    def renew(self) -> None:
        """Forget what was read and take the time anew: for each event of a subscription."""
        self.now = utc_now()
        self.forget()

    def forget(self) -> None:
        """Forget what was read, since it may have changed."""
        self.loaders = Loaders(self.services.lookups)


Info: TypeAlias = StrawberryInfo[Context, None]

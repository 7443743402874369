"""Context of an operation: services, viewer and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from strawberry.types import Info as StrawberryInfo

from auth.budget_accounts import accounts_of
from models.calendar.times import utc_now
from models.errors import TimedOut
from resolvers.callers import Caller, device_of, preferred_language
from schema.loaders import Loaders

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from datetime import datetime
    from types import TracebackType

    from auth.budget_accounts import BudgetAccount
    from auth.budgets import Budgets
    from auth.calendar_keys import CalendarKeys
    from auth.export_keys import ExportKeys
    from auth.live_costs import LiveSubscription
    from auth.viewers import Viewer, Viewers
    from models.ledger.ledger import Ledger
    from resolvers.alternatives import Alternatives
    from resolvers.listings import Listings
    from resolvers.lookups import Lookups
    from resolvers.reservations import ReservationServices
    from resolvers.reviews import Reviews
    from resolvers.sessions import SessionServices, SignIn
    from subscriptions.bookings import BookingFeed
    from subscriptions.hub import Hub


@dataclass(frozen=True, slots=True)
class Services:
    """Services of the running application that operations use.

    `use_caches` is False if EXPERTBOOK_CACHES turns the caches off. `directory_changed` is called
    after changes to directory entries that bypass the ledger.
    """

    ledger: Ledger
    alternatives: Alternatives
    lookups: Lookups
    listings: Listings
    reviews: Reviews
    hub: Hub
    feed: BookingFeed
    sign_ins: SessionServices
    reservations: ReservationServices
    viewers: Viewers
    budgets: Budgets
    allows_introspection: bool
    calendar_keys: CalendarKeys
    export_keys: ExportKeys
    currency: str
    operation_seconds: float
    use_caches: bool
    directory_changed: Callable[[], None]


@dataclass(slots=True)
class BrowserSession:
    """The session that a browser keeps in cookies.

    Attributes:
        refresh_token: the refresh token that the browser sent.
        issued: a new sign-in, whose tokens are to be set as cookies.
        is_ended: whether to delete the cookies.
    """

    refresh_token: str | None
    issued: SignIn | None = None
    is_ended: bool = False


class TimeLimit:
    """Async context manager that cancels its block after a given number of seconds.

    Work that runs in other tasks is not affected. This is a class because `asynccontextmanager`
    would allocate three objects for each operation.
    """

    __slots__ = ("_changes", "_seconds", "_timeout")
    _timeout: asyncio.Timeout

    def __init__(self, seconds: float, *, changes: bool) -> None:
        self._seconds = seconds
        self._changes = changes

    async def __aenter__(self) -> None:
        """Start the timer."""
        self._timeout = asyncio.timeout(self._seconds)
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the timer.

        Raises:
            TimedOut: if the block took too long.
        """
        try:
            await self._timeout.__aexit__(kind, error, traceback)
            if isinstance(error, TimeoutError):
                raise error
        except TimeoutError as late:
            raise TimedOut(self._seconds, changes=self._changes) from late


@dataclass(slots=True)
class Context:
    """Context of one operation.

    Attributes:
        services: services of the application.
        viewer: the signed-in user, or None.
        address: the client's network address.
        browser: the session in the browser's cookies; None for clients that send bearer tokens.
        headers: headers of the request; empty for operations on a WebSocket, which does not keep
            them.
        now: time of the operation, read once.
        loaders: batch loaders, whose cache lasts for this operation.
        event_cost: cost of one event of the subscription.
        excess_rows: stored rows that were read beyond the number that the cost assumes.
    """

    services: Services
    viewer: Viewer | None
    address: str = ""
    browser: BrowserSession | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=utc_now)
    loaders: Loaders = field(init=False)
    event_cost: int = 0
    excess_rows: int = 0

    def __post_init__(self) -> None:
        self.reset_loaders()

    def time_limit(self, *, changes: bool = False) -> TimeLimit:
        """Return the time limit of an operation.

        Args:
            changes: whether the operation may change data.
        """
        return TimeLimit(self.services.operation_seconds, changes=changes)

    def count_rows(self, rows: int, assumed: int) -> None:
        """Count stored rows that were read, beyond the number that the cost assumes."""
        self.excess_rows += max(rows - assumed, 0)

    async def charge(self, cost: int, *, always: bool = False) -> None:
        """Charge a cost to the client, in addition to the operation's own cost.

        Args:
            cost: the cost to charge.
            always: whether to charge the cost even if the client's budget is insufficient.

        Raises:
            RateLimited: if the client's budget is insufficient, unless `always` is set.
        """
        await self.services.budgets.spend(self.budget_accounts, cost, always=always)

    def live_subscription(
        self, channel: Hashable, rendering: Hashable | None = None
    ) -> LiveSubscription:
        """Return a context manager that counts the subscription while it is live.

        Args:
            channel: identifies the events that the subscription receives.
            rendering: identifies the rendering of these events; None if the subscription shares its
                rendering with no others.
        """
        budgets, accounts = self.services.budgets, self.budget_accounts
        return budgets.live_subscription(
            accounts, channel, object() if rendering is None else rendering, self.event_cost
        )

    @property
    def budget_accounts(self) -> tuple[BudgetAccount, ...]:
        """The budget accounts that the operation is charged to."""
        return accounts_of(str(self.viewer.id) if self.viewer else None, self.address)

    @property
    def caller(self) -> Caller:
        """The client's details, for operations on sessions."""
        return Caller(
            address=self.address,
            device=device_of(self.headers.get("user-agent", "")),
            language=preferred_language(self.headers.get("accept-language", "")),
            viewer=self.viewer,
            refresh_token=self.browser.refresh_token if self.browser else None,
        )

    def restart(self) -> None:
        """Reset the loaders and update `now`, for the next event of a subscription."""
        self.now = utc_now()
        self.reset_loaders()

    def reset_loaders(self) -> None:
        """Discard loaded data, which may be stale."""
        self.loaders = Loaders(self.services.lookups)


Info: TypeAlias = StrawberryInfo[Context, None]

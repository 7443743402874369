"""What every operation is given: the program's parts, who asks, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from strawberry.types import Info as StrawberryInfo

from models.times import utc_now
from schema.loaders import Loaders

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from auth.budgets import Budgets
    from auth.viewers import Viewer, Viewers
    from models.fast_paths import FastPath
    from models.ledger import Ledger
    from models.pages import Count
    from resolvers.alternatives import Alternatives
    from resolvers.sessions import SignIn, SignIns
    from subscriptions.bookings import BookingFeed
    from subscriptions.hub import Hub


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the running program that operations use.

    `directory_changed` is told of changes of experts' entries that the ledger does not make;
    `count_experts` counts the directory's lists.
    """

    ledger: Ledger
    alternatives: Alternatives
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
    count_experts: Count


@dataclass(slots=True)
class BrowserSession:
    """A session in cookies: what the browser sent, and what is to become of it."""

    refresh_token: str | None
    issued: SignIn | None = None
    is_ended: bool = False


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
    loaders: Loaders = field(default_factory=Loaders)

    def renew(self) -> None:
        """Forget what was read and take the time anew: for each event of a subscription."""
        self.now = utc_now()
        self.loaders = Loaders()


Info: TypeAlias = StrawberryInfo[Context, None]

"""What every operation is given: the program's parts, who asks, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from strawberry.types import Info as StrawberryInfo

from models.times import utc_now
from schema.loaders import Loaders

if TYPE_CHECKING:
    from datetime import datetime

    from auth.passwords import Passwords
    from auth.tokens import Tokens
    from auth.viewers import Viewer
    from models.ledger import Ledger
    from subscriptions.hub import Hub


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the running program that operations use."""

    ledger: Ledger
    hub: Hub
    passwords: Passwords
    tokens: Tokens
    currency: str
    phone_region: str | None


@dataclass(slots=True)
class Context:
    """One operation: `now` is taken once, and loaders remember within it alone."""

    services: Services
    viewer: Viewer | None
    now: datetime = field(default_factory=utc_now)
    loaders: Loaders = field(default_factory=Loaders)

    def again(self) -> Context:
        """The same for the next event of a subscription."""
        return Context(self.services, self.viewer)


Info: TypeAlias = StrawberryInfo[Context, None]

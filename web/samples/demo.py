"""The demo accounts, and the outcome of seeding; imports no sample data."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from models.accounts.users import Role, User
from models.store.documents import or_unavailable
from models.store.shared_state import seeding

DEMO_CLIENT: Final = "client@example.com"
DEMO_EXPERT: Final = "expert@example.com"
DEMO_ADMIN: Final = "admin@example.com"
DEMO_ACCOUNTS: Final = (
    (DEMO_CLIENT, Role.CLIENT),
    (DEMO_EXPERT, Role.EXPERT),
    (DEMO_ADMIN, Role.ADMIN),
)
DEMO_PASSWORD: Final = "expertbook-demo"  # noqa: S105 - meant to be known


class Outcome(Enum):
    """Result of seeding."""

    SEEDED = auto()
    ALREADY_SEEDED = auto()
    HAS_OTHER_DATA = auto()


async def seeding_outcome() -> Outcome | None:
    """Return the result of seeding, or None if it has not been started or finished.

    Raises:
        Unavailable: the database did not respond.
    """
    # Look for accounts before reading the claim. Seeding writes its claim before any account, so
    # if the accounts are sample accounts, the claim is found as well.
    with or_unavailable():
        has_accounts = await User.find_one() is not None
    claim = await seeding()
    if claim is None:
        return Outcome.HAS_OTHER_DATA if has_accounts else None
    return Outcome.ALREADY_SEEDED if claim.finished else None

"""Findings of the checks of stored data, and the time tolerances that all checks use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from models.bookings.events import RETENTION_SECONDS

if TYPE_CHECKING:
    from models.ids import Id

Row: TypeAlias = dict[str, Any]

GRACE = timedelta(seconds=5)
"""Delay of timed changes, such as the expiry of holds, that is tolerated on a busy machine."""
EVENT_RETENTION = timedelta(seconds=RETENTION_SECONDS) - timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """A violated invariant: its kind, a description, and the id of the affected expert, if any."""

    kind: str
    detail: str
    expert_id: Id | None

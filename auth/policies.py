"""Who may see and do what: pure functions of the viewer and the object.

| object  | sees it                                  | changes it                              |
|---------|------------------------------------------|-----------------------------------------|
| expert  | anyone while listed; itself, administrators always | -                             |
| booking | its client, its expert, administrators   | they, too                               |
| user    | itself, administrators                   | -                                       |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.users import Role

if TYPE_CHECKING:
    from auth.viewers import Viewer
    from models.bookings import Booking
    from models.experts import Expert
    from models.ids import Id


def is_admin(viewer: Viewer | None) -> bool:
    """Whether the viewer is an administrator."""
    return viewer is not None and viewer.role is Role.ADMIN


def is_self(viewer: Viewer | None, user_id: Id) -> bool:
    """Whether that account is the viewer's."""
    return viewer is not None and viewer.id == user_id


def may_see_user(viewer: Viewer | None, user_id: Id) -> bool:
    """An account is seen by its owner and by administrators."""
    return is_self(viewer, user_id) or is_admin(viewer)


def may_see_expert(viewer: Viewer | None, expert: Expert) -> bool:
    """A disabled expert is seen by itself and by administrators alone."""
    return not expert.disabled or is_self(viewer, expert.user_id) or is_admin(viewer)


def keeps_calendar(viewer: Viewer | None, expert_id: Id) -> bool:
    """Whether the viewer runs that expert's calendar: the expert, or an administrator."""
    return viewer is not None and (viewer.expert_id == expert_id or is_admin(viewer))


def may_see_booking(viewer: Viewer | None, booking: Booking) -> bool:
    """A booking is seen by its parties and by administrators."""
    return is_self(viewer, booking.client_id) or keeps_calendar(viewer, booking.expert_id)

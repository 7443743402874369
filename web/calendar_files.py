"""Serves the calendar file of a booking, at the URL in `Booking.icsUrl`."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from auth.calendar_keys import CalendarCopy
from models.bookings.outbox import Party, snapshot
from models.errors import BadUserInput, Unavailable
from models.ids import object_id

if TYPE_CHECKING:
    from starlette.requests import Request

    from web.mails.invitations import Invitations

NO_STORE: Final = {"Cache-Control": "private, no-store"}
UNKNOWN: Final = HTTPException(404, headers=NO_STORE)


def calendar_route(sender: str, base: str) -> Route:
    """Return the route that serves the calendar files of bookings.

    Args:
        sender: the e-mail address that sends all e-mails; calendar files name it as the organizer.
        base: the base URL of the web client.
    """

    async def calendar_file(request: Request) -> Response:
        """Return the iCalendar object that the e-mail about the booking's last change contains.

        Raises:
            HTTPException: 404 if the key is wrong or the booking is only a hold, 503 if the
                database does not respond.
        """
        from web.mails.sessions import load_session  # noqa: PLC0415 - large

        try:
            booking_id = object_id(request.path_params["id"], "Booking", "id")
        except BadUserInput:
            raise UNKNOWN from None
        keys = request.app.state.container.services.calendar_keys
        copy = keys.copy(booking_id, request.query_params.get("key", ""))
        if copy is None:
            raise UNKNOWN
        try:
            session = await load_session(booking_id)
        except Unavailable as error:
            raise HTTPException(503, headers=NO_STORE) from error
        if session is None or session.booking.contact is None:
            raise UNKNOWN
        if copy is CalendarCopy.ADMIN:
            session = session.without_details()
        booking = session.booking
        party = Party.CLIENT if copy is CalendarCopy.CLIENT else Party.EXPERT
        invitations = await asyncio.to_thread(_invitations, sender, base)
        method, content = invitations.build(
            session, snapshot(booking), party, booking.history[-1].at
        )
        name = f"expertbook-{booking.reference}.ics"
        headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, headers=headers, media_type=f"text/calendar; method={method}")

    return Route("/bookings/{id}.ics", calendar_file)


@lru_cache(maxsize=1)
def _invitations(sender: str, base: str) -> Invitations:
    from web.mails.invitations import Invitations  # noqa: PLC0415 - large; loaded on first use

    return Invitations(sender, base)

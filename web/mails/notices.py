"""Parts of e-mails about a booking: texts by other people, remarks, and details of reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.bookings.booking import BookingStatus
from models.bookings.outbox import CHANGE_KINDS, REMINDER_KINDS, MailKind
from models.bookings.reviews import reviewable_until
from web.mails.facts import Fact

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.outbox import BookingSnapshot
    from web.mails.facts import Reader
    from web.mails.sessions import BookedSession


def is_current(
    kind: MailKind, occasion: BookingSnapshot, session: BookedSession, now: datetime
) -> bool:
    """Return whether an e-mail about a booking is still worth sending."""
    booking, review = session.booking, session.review
    if kind in REMINDER_KINDS and session.client.is_closed:
        return False
    match kind:
        case MailKind.REMINDER:
            is_as_planned = booking.starts_at == occasion.starts_at
            return (
                booking.status is BookingStatus.CONFIRMED
                and is_as_planned
                and now < booking.starts_at
            )
        case MailKind.COMPLETED:
            until = reviewable_until(booking)
            return review is None and until is not None and now < until
        case MailKind.REVIEWED:
            return review is not None and not review.hidden
        case MailKind.REVIEW_HIDDEN:
            return review is not None and review.hidden
    return True


def review_facts(kind: MailKind, session: BookedSession, reader: Reader) -> list[Fact]:
    """Return the additional table rows of an e-mail about a review; none for other e-mails."""
    gettext, review = reader.wording.gettext, session.review
    if kind is not MailKind.REVIEWED or review is None:
        return []
    return [Fact(gettext("Rating"), gettext("%(stars)s of 5 stars", stars=str(review.rating)))]


def quotes_of(
    kind: MailKind, occasion: BookingSnapshot, session: BookedSession, reader: Reader
) -> list[tuple[str, list[str]]]:
    """Return texts by people other than the reader, each as a label and its lines, if any."""
    gettext, booking, review = reader.wording.gettext, session.booking, session.review
    if kind is MailKind.REVIEWED and review:
        return [(gettext("Review"), review.text.splitlines())]
    if kind is MailKind.REVIEW_HIDDEN and review:
        return [(gettext("Reason"), (review.hidden_reason or "").splitlines())]
    if kind not in CHANGE_KINDS:
        return []
    recipient = session.client if reader.is_client else session.expert
    change = booking.history[occasion.revision]
    is_own = change.actor_id == recipient.account_id
    return [
        (gettext("Reason"), [] if is_own else (change.reason or "").splitlines()),
        (gettext("Note"), [] if reader.is_client else booking.note.splitlines()),
    ]


def notice_remarks(kind: MailKind, session: BookedSession, reader: Reader) -> list[str]:
    """Return the sentences below the table of an e-mail about a review."""
    gettext = reader.wording.gettext
    if kind is MailKind.COMPLETED:
        until = reviewable_until(session.booking)
        moment = reader.wording.moment(until, reader.time_zone) if until else ""
        return [
            gettext(
                "A few words help others to choose. You can write a review until %(deadline)s.",
                deadline=moment,
            )
        ]
    if kind is MailKind.REVIEWED:
        return [gettext("Everybody can read it on your page. You can answer it there once.")]
    if reader.is_client:
        return [
            gettext("Only you, the expert and administrators can still see it. It does not count.")
        ]
    return [gettext("Only you, the client and administrators can still see it. It does not count.")]


def page_label(kind: MailKind, reader: Reader) -> str:
    """Return the label of the e-mail's link to the booking's page."""
    gettext = reader.wording.gettext
    if kind is MailKind.COMPLETED:
        return gettext("Write a review")
    return gettext("Open your booking") if reader.is_client else gettext("Open it on your desk")

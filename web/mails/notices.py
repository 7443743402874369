"""Parts of mails about a booking: texts of others, and mails about reviews of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.bookings.outbox import MailKind
from web.mails.facts import Fact

if TYPE_CHECKING:
    from models.bookings.outbox import BookingSnapshot
    from web.mails.facts import Reader
    from web.mails.sessions import BookedSession


def is_current(kind: MailKind, session: BookedSession) -> bool:
    """Return whether a mail is still worth sending."""
    review = session.review
    match kind:
        case MailKind.REVIEWED:
            return review is not None and not review.hidden
        case MailKind.REVIEW_HIDDEN:
            return review is not None and review.hidden
    return True


def review_facts(kind: MailKind, session: BookedSession, reader: Reader) -> list[Fact]:
    """Return further rows of the table of a mail about a review."""
    gettext, review = reader.wording.gettext, session.review
    if kind is not MailKind.REVIEWED or review is None:
        return []
    return [Fact(gettext("Rating"), gettext("%(stars)s of 5 stars", stars=str(review.rating)))]


def quotes_of(
    kind: MailKind, occasion: BookingSnapshot, session: BookedSession, reader: Reader
) -> list[tuple[str, list[str]]]:
    """Return the texts of others, each with its label and as lines; a text may be empty."""
    gettext, booking, review = reader.wording.gettext, session.booking, session.review
    if kind is MailKind.REVIEWED and review:
        return [(gettext("Review"), review.text.splitlines())]
    if kind is MailKind.REVIEW_HIDDEN and review:
        return [(gettext("Reason"), (review.hidden_reason or "").splitlines())]
    recipient = session.client if reader.is_client else session.expert
    change = booking.history[occasion.revision]
    is_own = change.actor_id == recipient.account_id
    return [
        (gettext("Reason"), [] if is_own else (change.reason or "").splitlines()),
        (gettext("Note"), [] if reader.is_client else booking.note.splitlines()),
    ]


def notice_remarks(kind: MailKind, reader: Reader) -> list[str]:
    """Return the sentences below the table."""
    gettext = reader.wording.gettext
    if kind is MailKind.REVIEWED:
        return [gettext("Everybody can read it on your page. You can answer it there once.")]
    if reader.is_client:
        return [
            gettext("Only you, the expert and administrators can still see it. It does not count.")
        ]
    return [gettext("Only you, the client and administrators can still see it. It does not count.")]

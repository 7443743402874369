"""The e-mail that offers a free slot to the first client on the waitlist."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from models.accounts.users import Language
from models.bookings.booking import BookingStatus
from models.bookings.outbox import LANES, Lane, MailKind, Party, mail_for
from models.calendar.places import Place, PlaceKind
from models.calendar.slots import slot_id
from models.ids import new_id
from tests.support.letters import RENDERER, START, booked_session, change, parse
from web.mails.wording import wording

if TYPE_CHECKING:
    from web.mails.sessions import BookedSession
    from web.mails.transport import RenderedMail

pytestmark = pytest.mark.usefixtures("database")

HELD = change(BookingStatus.HELD)
OFFERED_AT = START - timedelta(days=7)
UNTIL = OFFERED_AT + timedelta(minutes=30)
ADDRESS = Place(kind=PlaceKind.IN_PERSON, details="1 Mill Lane")
IN_ENGLISH = """\
Time that you wait for has become free. It is held for you until Sunday, 21
March 2027, 02:00 (UTC+01:00, Europe/Paris); then the next in line gets it.

When       Sunday, 28 March 2027, 01:30 (UTC+01:00) to 03:30 (UTC+02:00), Europe/Paris
With       Bea Expert, Lawyer
Where      In person
Length     60 minutes
Price      €90.50
Reference  0000-0001

Book it or pass it on: https://book.example.com/experts/bea-expert?{query}

--\N{SPACE}
ExpertBook  https://book.example.com
"""
IN_GERMAN = """\
Zeit, auf die Sie warten, ist frei geworden. Sie wird bis Sonntag, 21. März
2027, 02:00 (UTC+01:00, Europe/Paris) für Sie freigehalten, danach ist die
nächste Person an der Reihe.

Wann            Sonntag, 28. März 2027, 01:30 (UTC+01:00) bis 03:30 (UTC+02:00), Europe/Paris
Mit             Bea Expert, Lawyer
Wo              Vor Ort
Dauer           60 Minuten
Preis           90,50\N{NO-BREAK SPACE}€
Buchungsnummer  0000-0001

Buchen oder weitergeben: https://book.example.com/experts/bea-expert?{query}

--\N{SPACE}
ExpertBook  https://book.example.com
"""


def offer(language: Language = Language.EN) -> BookedSession:
    """Return a slot that is offered to a client, together with the client and the expert."""
    offered: dict[str, Any] = {
        "wait_id": new_id(),
        "held_until": UNTIL,
        "contact": None,
        "place": ADDRESS,
    }
    return booked_session(HELD, language=language, **offered)


def render(session: BookedSession, minutes: int = 0) -> RenderedMail | None:
    """Render the offer's e-mail `minutes` after the offer; return None if it is no longer sent."""
    mail = mail_for(session.booking)
    assert mail
    assert mail.occasion
    assert (mail.kind, mail.to) == (MailKind.OFFERED, [Party.CLIENT])
    now = OFFERED_AT + timedelta(minutes=minutes)
    return RENDERER.render_offer(mail, mail.occasion, session, now)


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        (Language.EN, "Free for you: Bea Expert, Sun, 28 Mar 2027, 01:30", IN_ENGLISH),
        (Language("DE"), "Frei für Sie: Bea Expert, So., 28. März 2027, 01:30", IN_GERMAN),
    ],
)
def test_email_says_until_when_the_slot_is_held_and_where_to_book_it(
    language: Language, subject: str, text: str
) -> None:
    session = offer(language)
    copy = render(session)
    assert copy
    mail = parse(copy)
    assert copy.link
    link = urlsplit(copy.link)
    assert parse_qs(link.query) == {
        "minutes": ["60"],
        "day": ["2027-03-28"],
        "slot": [slot_id(session.booking.key)],
    }
    assert (copy.to, mail.message["Subject"]) == ("ada@example.com", subject)
    assert mail.text == text.format(query=link.query)
    assert f'href="{copy.link.replace("&", "&amp;")}"' in mail.html
    assert f'<html lang="{wording(language).tag}">' in mail.html


def test_email_contains_no_private_details_of_a_booking() -> None:
    """The e-mail has no reply address, no details of the place and no calendar entry."""
    copy = render(offer())
    assert copy
    assert "Mill Lane" not in str(copy.message)
    assert "Reply-To" not in copy.message
    assert [part.get_content_type() for part in copy.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_email_is_not_sent_once_the_offer_has_ended() -> None:
    session = offer()
    assert render(session, minutes=29)
    assert render(session, minutes=30) is None
    ended = {"status": BookingStatus.CANCELLED, "active": False, "held_until": None}
    declined = session.booking.model_copy(update=ended)
    mail = mail_for(session.booking)
    assert mail
    assert mail.occasion
    declined_session = replace(session, booking=declined)
    assert RENDERER.render_offer(mail, mail.occasion, declined_session, OFFERED_AT) is None


def test_offer_emails_do_not_wait_for_other_emails() -> None:
    assert [kind for kind, lane in LANES.items() if lane is Lane.OFFER] == [MailKind.OFFERED]


def test_holds_made_by_clients_send_no_email() -> None:
    assert mail_for(booked_session(HELD, held_until=UNTIL, contact=None).booking) is None

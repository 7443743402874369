"""E-mails and calendar entries in the reader's language; complete translation catalogues."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from babel.messages.pofile import read_po
from graphql import GraphQLEnumType

from models import translations
from models.accounts.users import Language, User
from models.bookings.booking import BookingStatus
from models.bookings.outbox import LANES, Lane, Mail, MailKind, Party
from models.calendar.places import Place, PlaceKind
from models.calendar.times import utc_now
from models.ids import new_id
from models.translations import CATALOGUES
from schema.root import core
from tests.support.foreign_parsers import parse_calendars, parse_mails
from tests.support.letters import (
    CANCELLED,
    CONFIRMED,
    NOW,
    PENDING,
    RENDERER,
    START,
    booked_session,
    change,
    parse,
    render,
)
from web.mails.wording import Wording, wording

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

    from models.bookings.booking import BookingChange
    from tests.support.mailboxes import ReceivedMail

pytestmark = pytest.mark.usefixtures("database")

ROOT = Path(__file__).parents[2]
GERMAN = Language("DE")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%(?!\()")
ROOM = "https://meet.example.com/0123456789abcdef"
PLACES = {
    "a room": Place(kind=PlaceKind.VIDEO, details=ROOM),
    "a video call": Place(kind=PlaceKind.VIDEO),
    "a number": Place(kind=PlaceKind.PHONE, details="+493012345 ext. 12"),
    "a phone call": Place(kind=PlaceKind.PHONE),
    "an address": Place(kind=PlaceKind.IN_PERSON, details="Lange Straße 1, Köln; 2. Stock"),
}
CHANGES: dict[str, list[BookingChange]] = {
    "requested": [change(PENDING)],
    "booked": [change(CONFIRMED)],
    "confirmed": [change(PENDING), change(CONFIRMED, PENDING)],
    "moved": [change(CONFIRMED), change(CONFIRMED, CONFIRMED, START + timedelta(days=1))],
    "moved, pending": [change(CONFIRMED), change(PENDING, CONFIRMED, START + timedelta(days=1))],
    "cancelled": [change(CONFIRMED), change(CANCELLED, CONFIRMED)],
}
BOOKED_IN_GERMAN = """\
Ihr Termin ist gebucht.

Wann            Sonntag, 28. März 2027, 01:30 (UTC+01:00) bis 03:30 (UTC+02:00), Europe/Paris
Mit             Bea Expert, Lawyer
Wo              Videogespräch: https://meet.example.com/0123456789abcdef
Dauer           60 Minuten
Preis           90,50\N{NO-BREAK SPACE}€
Buchungsnummer  0000-0001

Öffnen Sie zu Beginn des Termins den Link zum Videogespräch.

Sie können den Termin bis Samstag, 27. März 2027, 01:30 (UTC+01:00,
Europe/Paris) verschieben oder absagen.

Ihre Buchung öffnen: https://book.example.com/bookings/Qm9va2luZzowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDE

--\N{SPACE}
ExpertBook  https://book.example.com
"""
BOOKED_IN_ENGLISH = """\
Your session is booked.

When       Sunday, 28 March 2027, 01:30 (UTC+01:00) to 03:30 (UTC+02:00), Europe/Paris
With       Bea Expert, Lawyer
Where      Video call: https://meet.example.com/0123456789abcdef
Length     60 minutes
Price      €90.50
Reference  0000-0001

Open the link to the video call when the session begins.

You can move or cancel it until Saturday, 27 March 2027, 01:30 (UTC+01:00,
Europe/Paris).

Open your booking: https://book.example.com/bookings/Qm9va2luZzowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDE

--\N{SPACE}
ExpertBook  https://book.example.com
"""


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The translatable messages that Babel extracts from the templates and the code."""
    target = tmp_path_factory.mktemp("messages") / "messages.pot"
    command = (sys.executable, "-m", "babel.messages.frontend", "-q", "extract")
    options = ("-F", "pyproject.toml", "--no-location", "-o", str(target), "web/mails", "web/pages")
    subprocess.run((*command, *options), check=True, cwd=ROOT)  # noqa: S603 - Babel's own command
    with target.open("rb") as file:
        return read_po(file)


def english(messages: Catalog) -> list[str]:
    """Return the English messages without placeholders that are longer than "Reference"."""
    texts = [str(message.id) for message in messages]
    return [text for text in texts if "%" not in text and len(text) > len("Reference")]


def copies(*changes: BookingChange, language: Language, **booked: Any) -> list[ReceivedMail]:
    """Return the client's and the expert's e-mails as a mail program parses them."""
    session = booked_session(*changes, language=language, **booked)
    return [parse(copy) for copy in render(session)[1]]


@pytest.mark.parametrize("code", sorted(CATALOGUES))
def test_a_catalogue_has_every_message_with_its_placeholders(code: str, messages: Catalog) -> None:
    """No message is missing, obsolete, empty or fuzzy; Babel's own checks pass, too."""
    with CATALOGUES[code].open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    wanted = {str(message.id) for message in messages if message.id}
    found = {str(message.id): message for message in catalogue if message.id}
    assert found.keys() == wanted
    assert len(wanted) > 50
    for text, message in found.items():
        translated = str(message.string)
        assert translated, text
        assert not message.fuzzy, text
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(translated)), text
    assert list(catalogue.check()) == []


def test_a_language_needs_only_its_catalogue_file(tmp_path: Path) -> None:
    """The file's name determines the account setting, the API's enum value and date formats."""
    languages = {"EN", *(path.stem.upper() for path in Path(translations.__path__[0]).glob("*.po"))}
    offered = core.type_map["Language"]
    assert isinstance(offered, GraphQLEnumType)
    assert languages >= {"EN", "DE"}
    assert languages == set(Language) == set(offered.values)
    catalogue = tmp_path / "pt_BR.po"
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    catalogue.write_text(f'{header}\nmsgid "%(start)s to %(end)s"\nmsgstr "%(start)s às %(end)s"\n')
    portuguese = Wording(catalogue)
    assert portuguese.span(START, START + timedelta(hours=1), "America/Sao_Paulo") == (
        "sábado, 27 de março de 2027, 21:30 às 22:30 (UTC-03:00, America/Sao_Paulo)"
    )
    assert portuguese.gettext("Session moved") == "Session moved"
    assert portuguese.tag == "pt-BR"


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        (Language.EN, "Booked: Bea Expert, Sun, 28 Mar 2027, 01:30", BOOKED_IN_ENGLISH),
        (GERMAN, "Gebucht: Bea Expert, So., 28. März 2027, 01:30", BOOKED_IN_GERMAN),
    ],
)
def test_whole_email_is_in_the_readers_language(
    language: Language, subject: str, text: str
) -> None:
    client, _ = copies(change(CONFIRMED), language=language, place=PLACES["a room"])
    assert (client.message["Subject"], client.text) == (subject, text)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_german_emails_have_no_english_left(name: str, place: Place, messages: Catalog) -> None:
    """The text, the HTML and the calendar entry are translated for both parties."""
    for mail in copies(*CHANGES[name], language=GERMAN, place=place):
        html = mail.html.partition("<body")[2]
        entry = f"{mail.event['SUMMARY']} {mail.event['DESCRIPTION']} {mail.event['LOCATION']}"
        for text in (" ".join(mail.text.split()), html, entry, str(mail.message["Subject"])):
            assert [message for message in english(messages) if message in text] == []
        assert not re.search(r"\.[A-ZÄÖÜ]", mail.text)
        assert '<html lang="de">' in mail.html
        assert mail.message["Content-Language"] == "de"
        assert str(mail.event["SUMMARY"]).startswith("Termin mit ")


@pytest.mark.parametrize("kind", [kind for kind in MailKind if LANES[kind] is Lane.ACCOUNT])
async def test_german_account_emails_have_no_english_left(
    kind: MailKind, messages: Catalog
) -> None:
    """An e-mail with a link or a code says how long the link or the code is valid."""
    now, email = utc_now(), f"{new_id()}@example.com"
    user = User(name="Ada", email=email, email_key=email, password_hash="!", created_at=now)
    user.language = GERMAN
    await user.update_search_fields().insert()
    mail = Mail(kind=kind, to=[Party.OWNER], address=email, due_at=now, created_at=now)
    mail.deliver_to, mail.language = email, GERMAN
    copy = await RENDERER.render(mail, Party.OWNER, None)
    assert copy
    parsed = parse(copy)
    html = parsed.html.partition("<body")[2]
    for text in (" ".join(parsed.text.split()), html, str(parsed.message["Subject"])):
        assert [message for message in english(messages) if message in text] == []
    if kind is not MailKind.EMAIL_CHANGED:
        assert re.search(r"einmal und gilt [0-9]+ (Minuten|Tage)\.", " ".join(parsed.text.split()))
    assert parsed.message["Content-Language"] == "de"
    await user.delete()


@pytest.mark.parametrize("language", Language)
def test_emails_state_the_place_the_deadline_and_the_next_step(language: Language) -> None:
    """Each kind of place, deadline and change has its own sentences, the same in text and HTML."""
    seen = set()
    early, none, passed = timedelta(days=1), timedelta(0), timedelta(days=30)
    for place in PLACES.values():
        for notice in (early, none, passed):
            for changes in CHANGES.values():
                until = {"place": place, "cancellable_until": changes[-1].starts_at - notice}
                for mail in copies(*changes, language=language, **until):
                    paragraphs = re.findall("<p>(.*?)</p>", mail.html.split("</table>")[1])
                    text = " ".join(mail.text.split())
                    assert all(paragraph in text for paragraph in paragraphs)
                    ended = changes[-1].after is CANCELLED
                    assert len(paragraphs) == (0 if ended else 2)
                    assert (place.details or "") in text or ended
                    assert not (place.details and ended and place.details in text)
                    seen.update(paragraphs)
    dated = [paragraph for paragraph in seen if "2027" in paragraph]
    # Two sentences are about requested bookings, nine about places (client and expert share the
    # sentence about video rooms), and four about deadlines without a date.
    assert len(seen) - len(dated) == 2 + 9 + 4
    assert len(dated) == 4


def test_other_programs_read_german_emails_and_calendar_entries(tmp_path: Path) -> None:
    """Umlauts stay intact; calendar entries give the place in LOCATION and CONFERENCE."""
    phone = "+442079460018"
    expected = {
        "a room": (ROOM, [[ROOM, "VIDEO", "Videogespräch", "uri"]], None),
        "a video call": ("Videogespräch", [], None),
        "a number": (
            "+493012345 ext. 12",
            [["tel:+493012345;ext=12", "PHONE", "Telefonat", "uri"]],
            None,
        ),
        "a phone call": (
            "Telefonat",
            [],
            (phone, [[f"tel:{phone}", "PHONE", "Telefonat", "uri"]]),
        ),
        "an address": ("Lange Straße 1, Köln; 2. Stock", [], None),
    }
    mails = [
        mail
        for place in PLACES.values()
        for mail in copies(change(CONFIRMED), language=GERMAN, place=place)
    ]
    entries = parse_calendars(tmp_path, [mail.calendar_bytes for mail in mails])
    for (location, conferences, for_expert), client, expert in zip(
        expected.values(), entries[::2], entries[1::2], strict=True
    ):
        assert (client["location"], client["conferences"]) == (location, conferences)
        own = for_expert or (location, conferences)
        assert (expert["location"], expert["conferences"]) == own
        assert client["summary"] == "Termin mit Bea Expert"
    assert "Öffnen Sie zu Beginn des Termins" in entries[0]["description"]
    [parsed] = parse_mails(tmp_path, [mails[0].message.as_bytes()])
    assert parsed["subject"] == "Gebucht: Bea Expert, So., 28. März 2027, 01:30"


def test_a_cancelled_calendar_entry_has_no_details_of_the_place() -> None:
    """The link to a video room must not stay in the calendar of a client who cancelled."""
    for place in PLACES.values():
        for mail in copies(*CHANGES["cancelled"], language=Language.EN, place=place):
            shown = mail.calendar_bytes + mail.message.as_bytes()
            assert (place.details or "").encode() not in shown or not place.details
            assert "CONFERENCE" not in mail.event


@pytest.mark.parametrize(
    ("amount", "currency", "english", "german"),
    [
        (9_000, "EUR", "€90.00", "90,00 €"),
        (5, "EUR", "€0.05", "0,05 €"),
        (4_500, "HUF", "HUF 45.00", "45,00 HUF"),
        (123_456, "JPY", "JP¥123,456", "123.456 ¥"),
        (9_001, "KWD", "KWD 9.001", "9,001 KWD"),
    ],
)
def test_prices_have_the_number_of_decimals_given_in_iso_4217(
    amount: int, currency: str, english: str, german: str
) -> None:
    for language, text in ((Language.EN, english), (GERMAN, german)):
        found = wording(language).price(amount, currency).replace("\N{NO-BREAK SPACE}", " ")
        assert found == text


def test_each_email_is_in_its_own_readers_language() -> None:
    """The client's e-mail is in the client's language, whatever the expert's language is."""
    session = booked_session(change(BookingStatus.CONFIRMED), language=GERMAN)
    mixed = replace(session, client=booked_session(change(CONFIRMED)).client)
    client, expert = (parse(copy) for copy in render(mixed, NOW)[1])
    assert client.text.startswith("Your session is booked.")
    assert expert.text.startswith("Sie haben eine neue Buchung.")

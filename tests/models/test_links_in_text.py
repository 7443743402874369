"""Tests of finding links and e-mail addresses in names and in longer texts."""

# ruff: noqa: RUF001 - the tests need letters that look like others

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from models.links_in_text import has_address, has_link

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "text",
    [
        "Get rich at https://evil.example",
        "HTTP://EVIL.EXAMPLE",
        "ftp://evil.example",
        "www.evil.example",
        "Visit evil.com now",
        "evil.com/claim?id=1",
        "Evil.Com",
        "prize@evil.example",
        "Evil.Io",
        "Get-Rich.Club",
        "T.Co/win",
        "Prof.Evil.Link",
        "evil\u3002com",
        "evil\uff0ecom",
        "evil\u2024com",
        "evil\u200b.com",
        "\u24d4\u24e5\u24d8\u24db.\u24d2\u24de\u24dc",
        "Evil.Xn--p1ai",
        "\u041f\u0440\u0438\u043c\u0435\u0440.\u0420\u0444",
        "http:\u2044\u2044evil",
        "hxxp:/evil",
        "mailto:prize",
        "Call tel:0900123",
        "192.0.2.7",
        "Prize at t.Co",
        "Write joe@x.Ai",
        "Eve Bcc: x@y.z",
        "ADA@EXAMPLE.Shop",
        "Account locked: evil.com/login",
        "bit.ly/abc",
        "t.me/abc",
        "T.CO",
        "a.fr",
        "Evil.Club",
        "Node.js.evil.com",
        "evil-asp.net",
        "skype:foo?call",
        "Skype:+49301234",
        "javascript:alert(1)",
        "magnet:?xt=urn",
    ],
)
def test_text_that_email_programs_turn_into_links_is_recognized(text: str) -> None:
    assert has_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "J.R.R. Tolkien",
        "Dr.Smith",
        "DR.SMITH",
        "Prof.Dr.med. Anna Maier",
        "Lic.iur. M.Li",
        "Dipl.-Ing. Max Braun, B.Sc.",
        "Ada Lovelace, Ph.D.",
        "St. John",
        "李明",
        "Anna-Lena O'Hara",
        "U.S.A. St.Mary J.Lo T.Li",
        "o.Univ.-Prof. Ada",
        "Ada @ Work",
        "Dr. A. RAO, M.SC., PH.D.",
        "",
    ],
)
def test_initials_and_abbreviations_are_not_taken_for_links(text: str) -> None:
    assert not has_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "Node.js/React and ASP.NET",
        "Vue.js: Berater:in, Coach:innen, jede:r",
        "Physics, B.Sc: 10:30",
        "12.Stock, 2.UG, Str.Ost, Code:1234, Tel: 5",
        "S:t Eriksgatan 4, ul.Nowa 3, Av.Paulista, ул.Ленина 5",
    ],
)
def test_product_names_and_postal_addresses_are_not_taken_for_links(text: str) -> None:
    assert not has_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "See https://evil.example/x",
        "See evil.com for more",
        "EVIL.COM",
        "Write to me: ada@evil.de",
        "www.evil.example",
        "evil.de/offer",
        "evil\u200b.\u200bcom",
        "ｅｖｉｌ．ｃｏｍ",
        "Call 192.168.0.1",
        "mailto:ada",
        "почта.рф",
        "mail joe@x.ai",
        "joe@Mail.De",
        "joe@my-shop.Online",
        "JOE@X.Y",
        "joe＠mail.sub.Shop",
        "joe@\u200bmail.Shop",
        "visit Evil.Io",
        "Visit Evil.UK",
        "a@b.co",
        "x.ai and t.co are nice",
        "X.Ai, T.CO and t.Co",
    ],
)
def test_web_and_email_addresses_in_sentences_are_recognized(text: str) -> None:
    assert has_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "Great session.Thanks!",
        "We moved from Node.js to Rust, at 9.30 a.m., i.e. early.",
        "Vue.js, too; and ASP.NET. Pros:none, Vue.js: great.",
        "J.R.R. Tolkien and Dr.Smith",
        "Five stars... or more",
        "A ratio of 3:2 / 5",
        "Gut.Sehr gut.",
        "U.S.A. and St.Mary, with a Ph.D. or an M.Sc. in .NET",
        "Good.It was at 10.am or 5 p.m.So we met, Dr.med. Smith and J.Lo.",
        "Super.Er kommt z.B. v.Chr. wieder.",
        "Rated 5 @ 9.30, thanks @joe",
    ],
)
def test_missing_spaces_and_product_names_are_not_taken_for_addresses(text: str) -> None:
    assert not has_address(text)


@pytest.mark.parametrize("is_found", [has_link, has_address])
@pytest.mark.parametrize(
    "part",
    ["a", "a-", "1", "1.", "xn--", "www", "@", "a@1.", "a\u0301", "\u0e01\u200d", ". ", "a:"],
)
def test_search_takes_linear_time(is_found: Callable[[str], bool], part: str) -> None:
    """Quadratic time would make the ratio 64."""

    def seconds(chars: int) -> float:
        text = part * (chars // len(part))
        found = []
        for _ in range(5):
            began = process_time()
            is_found(text)
            found.append(process_time() - began)
        return min(found)

    assert seconds(32_000) < 24 * seconds(4_000)

"""Titles, descriptions and link previews of pages (https://ogp.me)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Final

from models.accounts.users import Language

if TYPE_CHECKING:
    from web.mails.wording import Wording

SITE: Final = "ExpertBook"
MAX_DESCRIPTION_CHARS: Final = 200
"""Maximum length of a page's description; search engines cut it at about 160 characters."""

LOCALES: Final = {Language.EN: "en_GB"}
PREVIEW_SIZE: Final = (1200, 630)


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a link preview; `url` is relative to the site's base URL."""

    url: str
    description: str


@dataclass(frozen=True, slots=True)
class Head:
    """A page as search engines and link previews show it.

    Args:
        title: title of the page without the site's name.
        description: a sentence or two of any length.
        path: the canonical path.
        picture: the picture of link previews.
        card_title: title in link previews, if it differs from `title`.
        is_person: whether the page is a person's profile.
    """

    title: str | None
    description: str
    path: str
    picture: Picture | None = None
    card_title: str | None = None
    is_person: bool = False


def head_html(head: Head, base: str, language: Language) -> str:
    """Return the HTML elements in a page's head.

    Args:
        head: the page.
        base: URL of the site, without a slash at the end.
        language: language of the page.
    """
    description = shortened(head.description)
    url = base + head.path
    properties = {
        "og:site_name": SITE,
        "og:type": "profile" if head.is_person else "website",
        "og:title": head.card_title or head.title or SITE,
        "og:description": description,
        "og:url": url,
        "og:locale": LOCALES.get(language, f"{language.lower()}_{language}"),
    }
    if picture := head.picture:
        width, height = PREVIEW_SIZE
        properties |= {
            "og:image": base + picture.url,
            "og:image:type": "image/png",
            "og:image:width": str(width),
            "og:image:height": str(height),
            "og:image:alt": picture.description,
        }
    card = "summary_large_image" if head.picture else "summary"
    lines = [
        title_html(head.title),
        f'<meta name="description" content="{escape(description)}" />',
        f'<link rel="canonical" href="{escape(url)}" />',
        *(
            f'<meta property="{name}" content="{escape(text)}" />'
            for name, text in properties.items()
        ),
        f'<meta name="twitter:card" content="{card}" />',
    ]
    return "\n    ".join(lines)


def title_html(title: str | None) -> str:
    """Return a page's title element; its text ends with the site's name."""
    return f"<title>{escape(f'{title} · {SITE}' if title else SITE)}</title>"


def hidden_head_html(title: str | None) -> str:
    """Return the head of a page that search engines must not list."""
    return f'{title_html(title)}\n    <meta name="robots" content="noindex" />'


def shortened(text: str) -> str:
    """Return a text on one line; a long text is cut between words.

    If no space is near the limit, the text is cut between characters, but not before a combining
    mark or a joiner.
    """
    line = " ".join(text[: 4 * MAX_DESCRIPTION_CHARS].split())
    if len(line) <= MAX_DESCRIPTION_CHARS:
        return line
    end = MAX_DESCRIPTION_CHARS
    while unicodedata.combining(line[end]) or line[end] == "\N{ZERO WIDTH JOINER}":
        end -= 1
    begun = line[:end]
    words, _, rest = begun.rpartition(" ")
    # A text without spaces, such as a Chinese one, is cut between characters.
    return f"{words if words and len(rest) < end // 2 else begun}…"


@cache
def wording(language: Language) -> Wording:
    """Return the texts and formats of a language."""
    from web.mails.wording import wording as load  # noqa: PLC0415 - Babel is large

    return load(language)


def landing_head(language: Language, picture: Picture | None) -> Head:
    """Return the head of the landing page."""
    gettext = wording(language).gettext
    text = gettext("Find an expert, see their free time live, and book it.")
    return Head(None, text, "/", picture)


def directory_head(language: Language, picture: Picture | None) -> Head:
    """Return the head of the directory."""
    gettext = wording(language).gettext
    text = gettext("Experts with their prices, ratings and next free times.")
    return Head(gettext("Experts"), text, "/experts", picture)


def booking_head(language: Language) -> str:
    """Return the head of a booking's page; the head contains no personal data."""
    return hidden_head_html(wording(language).gettext("Your booking"))


def not_found_head(language: Language) -> str:
    """Return the head of a page that does not exist."""
    return hidden_head_html(wording(language).gettext("This page does not exist"))

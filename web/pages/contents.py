"""The beginning of a page's content, shown until the client's script has loaded."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from web.pages.heads import wording

if TYPE_CHECKING:
    from models.accounts.users import Language


def landing_content(language: Language) -> str:
    """Return the headline of the landing page."""
    gettext = wording(language).gettext
    headline = gettext("Find your expert. Book a time that is really free.")
    return (
        '<main class="page grid gap-6 py-8 md:py-16">'
        f'<h1 class="hero max-w-[44rem] text-3xl">{escape(headline)}</h1></main>'
    )


def expert_content(expert: dict[str, Any]) -> str:
    """Return an expert's name, title and biography.

    Args:
        expert: fields of the API's type Expert.
    """
    return (
        '<main class="page grid gap-4 py-8">'
        f'<h1 class="text-2xl" dir="auto">{escape(expert["name"])}</h1>'
        f'<p class="text-muted" dir="auto">{escape(expert["title"])}</p>'
        f'<p class="max-w-[36rem]" dir="auto">{escape(expert["bio"])}</p></main>'
    )

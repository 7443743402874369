"""The initial content of a page, shown until a script adds more (web/client/src/early/)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from web.pages.heads import wording

if TYPE_CHECKING:
    from models.accounts.users import Language


def landing_content(language: Language) -> str:
    """Return the headline of the landing page, in the same position as in `app/LandingView.tsx`."""
    gettext = wording(language).gettext
    headline = gettext("Find your expert. Book a time that is really free.")
    return (
        '<main id="early" class="page pt-4"><div class="pt-8 md:pt-14 lg:w-1/2">'
        f'<h1 class="hero text-3xl">{escape(headline)}</h1></div></main>'
    )


def expert_content(expert: dict[str, Any]) -> str:
    """Return an expert's portrait, name, title and biography, as laid out in `ExpertBand.tsx`.

    Args:
        expert: fields of the API's type Expert.
    """
    name, title, bio = (escape(expert[field]) for field in ("name", "title", "bio"))
    return (
        '<main id="early" class="page pt-4"><div class="mt-17 flex items-center gap-4 sm:gap-7">'
        f'<img src="{escape(expert["photoUrl"])}" alt="" width="136" height="136"'
        ' class="size-18 rounded-portrait bg-gone-bg sm:size-34" />'
        f'<div><h1 class="text-2xl" dir="auto">{name}</h1>'
        f'<p class="mt-1 text-base text-muted" dir="auto">{title}</p></div></div>'
        f'<p class="mt-8 max-w-prose" dir="auto">{bio}</p></main>'
    )

"""The templates of e-mails, which are in this folder.

The first line of a `.txt` template is the subject; the `.html` template of the same name has the
same content. The texts are translated into the recipient's language (models/translations).
"""

from __future__ import annotations

import textwrap
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from web.mails.wording import wording

if TYPE_CHECKING:
    from models.accounts.users import Language

TEMPLATES: Final = Path(__file__).parent
LINE_CHARS: Final = 78


@cache
def templates_of(language: Language) -> Environment:
    """Return the e-mail templates, with their texts in the given language."""
    words = wording(language)
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["wrapped"] = partial(
        textwrap.fill, width=LINE_CHARS, break_long_words=False, break_on_hyphens=False
    )
    templates.globals["language"] = words.tag
    templates.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined] # by the extension
    return templates

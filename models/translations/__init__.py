"""The languages of mails, calendar entries and codes: English, and one catalogue for each other.

A file `xx.po` (GNU gettext) in this folder is all that another language needs. Its name is a locale
identifier of Unicode CLDR, such as `fr` or `pt_BR`. CONTRIBUTING.md says how to make one.
"""

from pathlib import Path
from typing import Final

SOURCE: Final = "EN"
"""The language of the templates and of the code, which needs no catalogue."""

CATALOGUES: Final = {path.stem.upper(): path for path in sorted(Path(__file__).parent.glob("*.po"))}
"""The catalogue of each other language, by the language's code."""

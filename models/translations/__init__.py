"""Translations of e-mails and calendar entries from English: one catalogue per language.

To add a language, only a GNU gettext file named `xx.po` needs to be added to this folder, where
`xx` is a Unicode CLDR locale identifier, such as `fr` or `pt_BR`. CONTRIBUTING.md describes how to
create this catalogue.
"""

from pathlib import Path
from typing import Final

SOURCE: Final = "EN"
"""The language in which the templates and the code are written; it needs no catalogue."""

CATALOGUES: Final = {path.stem.upper(): path for path in sorted(Path(__file__).parent.glob("*.po"))}
"""The path of the catalogue of each language except English, keyed by language code."""

"""Search: words by equality, since each is stored with all its prefixes."""

from __future__ import annotations

import re

from models.errors import BadUserInput
from models.store.pages import Filter, fold

MAX_SEARCH_LENGTH = 200
MAX_TERM_LENGTH = 24
MAX_NAME_KEY_LENGTH = 60
MAX_SEARCH_WORDS = 8
WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text in the form in which they are compared."""
    return WORD.findall(fold(text))


def terms_of(*texts: str) -> list[str]:
    """Every prefix of every word of some texts: what is stored to be found by."""
    spoken = words(" ".join(texts))
    return sorted(
        {word[:end] for word in spoken for end in range(1, min(len(word), MAX_TERM_LENGTH) + 1)}
    )


def name_key(name: str, suffix: str) -> str:
    """The order key of a name: by its words, then by the suffix, which makes it unique."""
    return f"{' '.join(words(name))[:MAX_NAME_KEY_LENGTH]}\t{suffix}"


def search_filter(search: str | None, argument: str) -> Filter:
    """The filter for what has all words of a search, or their beginnings; None: everything.

    Raises:
        BadUserInput: for a search that is too long; names the argument.
    """
    if search is None:
        return {}
    if len(search) > MAX_SEARCH_LENGTH:
        raise BadUserInput(f"{argument}: at most {MAX_SEARCH_LENGTH} characters")
    terms = sorted({word[:MAX_TERM_LENGTH] for word in words(search)[:MAX_SEARCH_WORDS]})
    if terms:
        return {"terms": terms[0] if len(terms) == 1 else {"$all": terms}}
    # Nothing that could be a word: no name has it.
    return {"terms": {"$in": []}} if search.strip() else {}

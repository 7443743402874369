"""Prefix search by equality: every prefix of every word is stored as a term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import BadUserInput
from models.text import spellings, transliterated_words, words

if TYPE_CHECKING:
    from models.store.pages import Filter

MAX_SEARCH_LENGTH = 200
MAX_TERM_LENGTH = 24
MAX_NAME_KEY_LENGTH = 60
MAX_SEARCH_WORDS = 8


def terms_of(*texts: str) -> list[str]:
    """Return the search terms of some texts: every prefix of every spelling of every word."""
    return sorted(
        {
            word[:end]
            for word in spellings(" ".join(texts))
            for end in range(1, min(len(word), MAX_TERM_LENGTH) + 1)
        }
    )


def name_key(name: str, suffix: str) -> str:
    """Return the order key of a name: its words in ASCII and a suffix that makes it unique."""
    return f"{' '.join(transliterated_words(name))[:MAX_NAME_KEY_LENGTH]}\t{suffix}"


def search_filter(search: str | None, argument: str) -> Filter:
    """Return a filter that matches documents with a word beginning with each word of a search.

    Args:
        search: the text to search for; None or blank text matches everything.
        argument: name of the argument, for the error message.

    Raises:
        BadUserInput: if the text is too long.
    """
    if search is None:
        return {}
    if len(search) > MAX_SEARCH_LENGTH:
        raise BadUserInput(f"{argument}: at most {MAX_SEARCH_LENGTH} characters")
    terms = sorted({word[:MAX_TERM_LENGTH] for word in words(search)[:MAX_SEARCH_WORDS]})
    if terms:
        return {"terms": terms[0] if len(terms) == 1 else {"$all": terms}}
    # Text without any word, such as "?!", matches nothing.
    return {"terms": {"$in": []}} if search.strip() else {}

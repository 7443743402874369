"""Search by words, which are matched against stored prefixes or against stored whole words.

If every prefix of every word is stored as a term, a search reads only the rows of its page.
MongoDB documents that are often written store only whole words, because there are fewer words than
prefixes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import BadUserInput
from models.text import spellings, transliterated_words, unicode_domains, words

if TYPE_CHECKING:
    from models.store.pages import Filter

MAX_SEARCH_LENGTH = 200
MAX_TERM_LENGTH = 24
MAX_NAME_KEY_LENGTH = 60
MAX_SEARCH_WORDS = 8


def terms_of(*texts: str) -> list[str]:
    """Return the search terms of the texts: every prefix of every spelling of every word."""
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


def words_of(*texts: str) -> list[str]:
    """Return every spelling of every word of the texts, cut to `MAX_TERM_LENGTH`."""
    return sorted({word[:MAX_TERM_LENGTH] for word in spellings(" ".join(texts))})


def search_words(search: str | None, argument: str) -> tuple[str, ...] | None:
    """Return the distinct words of a search, sorted, or None for blank text.

    Blank text matches everything. Other text without any word, such as "?!", results in an empty
    tuple and matches nothing.

    Args:
        search: the text to search for.
        argument: name of the argument, for the error message.

    Raises:
        BadUserInput: if the text is too long.
    """
    if search is None:
        return None
    if len(search) > MAX_SEARCH_LENGTH:
        raise BadUserInput(f"{argument}: at most {MAX_SEARCH_LENGTH} characters")
    # Convert domains to Unicode, as in the stored e-mail addresses.
    found = {word[:MAX_TERM_LENGTH] for word in words(unicode_domains(search))[:MAX_SEARCH_WORDS]}
    return tuple(sorted(found)) if found or search.strip() else None


def search_filter(search: str | None, argument: str) -> Filter:
    """Return a filter for documents that contain, for each search word, a word beginning with it.

    Args:
        search: the text to search for; None or blank text matches everything.
        argument: name of the argument, for the error message.

    Raises:
        BadUserInput: if the text is too long.
    """
    terms = search_words(search, argument)
    if terms is None:
        return {}
    if not terms:
        return {"terms": {"$in": []}}
    return {"terms": terms[0] if len(terms) == 1 else {"$all": list(terms)}}


def word_filter(search: str | None, argument: str) -> Filter:
    """Return a filter like that of `search_filter`, for documents that store whole words.

    Raises:
        BadUserInput: if the text is too long.
    """
    found = search_words(search, argument)
    if found is None:
        return {}
    # A word contains only letters and digits, which have no special meaning in a regular
    # expression.
    begins = [{"search_words": {"$regex": f"^{word}"}} for word in found]
    return {"$and": begins} if begins else {"search_words": {"$in": []}}

"""Reads the directory over HTTP, and computes the result expected for a filter and an order."""

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

from anyascii import anyascii
from hypothesis import strategies as st
from Stemmer import Stemmer

from models.directory.function_words import FUNCTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Api

Expert = dict[str, Any]

EXPERTS = """
query Experts(
  $filter: ExpertFilter, $orderBy: ExpertOrder
  $first: Int, $after: String, $last: Int, $before: String
) {
  experts(
    filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
  ) {
    totalCount
    nodes { id }
    edges { cursor node {
      id name title bio category languages rating reviewCount experienceYears hourlyRate { amount }
    } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
STEMMERS = [Stemmer("english"), Stemmer("german")]
FIELDS = ("RATING", "EXPERIENCE", "RATE", "NAME")


def fold(text: str) -> str:
    """Return a text in lower-case ASCII letters without accents."""
    letters = unicodedata.normalize("NFD", text.lower())
    return anyascii("".join(letter for letter in letters if not unicodedata.combining(letter)))


def words(text: str) -> list[str]:
    """Return the words of a text, folded to lower-case letters without accents."""
    return "".join(c if c.isalnum() else " " for c in fold(text)).split()


def object_key(expert: Expert) -> str:
    """Return the database key in an expert's global id, which breaks ties in sorting."""
    opaque = expert["id"]
    return urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4)).decode().partition(":")[2]


SORT_KEYS: dict[str, Callable[[Expert], Any]] = {
    "RATING": lambda expert: (expert["rating"] or 0, expert["reviewCount"], object_key(expert)),
    "EXPERIENCE": lambda expert: (expert["experienceYears"], object_key(expert)),
    "RATE": lambda expert: (expert["hourlyRate"]["amount"], object_key(expert)),
    "NAME": lambda expert: (" ".join(words(expert["name"])), object_key(expert)),
}


def spellings(text: str) -> list[str]:
    """Return the words of a text in each spelling that a search accepts."""
    lower = text.lower()
    german = lower.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    nordic = lower.replace("å", "aa").replace("ø", "oe")
    plain = re.sub("['\N{RIGHT SINGLE QUOTATION MARK}]", "", lower)
    joined = re.sub(r"(?<=\w)-(?=\w)", "", lower)
    return [word for each in (lower, german, nordic, plain, joined) for word in words(each)]


def has_word(expert: Expert, word: str) -> bool:
    """Return whether an expert matches a word of up to four letters (no typing error allowed)."""
    headline = spellings(" ".join([expert["name"], expert["title"], *expert["languages"]]))
    bio = [each for each in spellings(expert["bio"]) if each not in FUNCTION_WORDS]
    return (
        any(each.startswith(word) for each in headline)
        or (len(word) > 2 and any(each.startswith(word) for each in bio))
        or any(stems(each) & stems(word) for each in (*headline, *bio))
    )


def stems(word: str) -> set[tuple[int, str]]:
    """Return the stems of a word as (language number, stem) pairs."""
    return {(number, stemmer.stemWord(word)) for number, stemmer in enumerate(STEMMERS)}


def searched(text: str) -> list[str]:
    """Return the words that a search requires; function words only if there are no others."""
    found = words(text)
    return [word for word in found if word not in FUNCTION_WORDS] or found


def matches(expert: Expert, criteria: dict[str, Any]) -> bool:
    """Return whether an expert satisfies a filter."""
    languages = {fold(language) for language in expert["languages"]}
    requested = {fold(language) for language in criteria.get("languages") or []}
    min_rating = criteria.get("minRating")
    max_rate = criteria.get("maxHourlyRate")
    return (
        all(has_word(expert, word) for word in searched(criteria.get("search") or ""))
        and (not criteria.get("categories") or expert["category"] in criteria["categories"])
        and (
            min_rating is None or (expert["rating"] is not None and expert["rating"] >= min_rating)
        )
        and (max_rate is None or expert["hourlyRate"]["amount"] <= max_rate)
        and (not requested or not requested.isdisjoint(languages))
    )


@st.composite
def filters(draw: st.DrawFn, directory: list[Expert]) -> dict[str, Any]:
    """Draw a random filter that usually matches at least one expert."""
    expert = draw(st.sampled_from(directory))
    available = words(
        f"{expert['name']} {expert['title']} {expert['languages'][0]} {expert['bio']}"
    )
    chosen = draw(st.lists(st.sampled_from(available), min_size=1, max_size=2))
    prefixes = [word[: draw(st.integers(1, 4))] for word in chosen]
    rating = st.sampled_from([e["rating"] for e in directory if e["rating"] is not None])
    rate = st.sampled_from([e["hourlyRate"]["amount"] for e in directory])
    language = st.sampled_from(sorted({language for e in directory for language in e["languages"]}))
    category = st.sampled_from(sorted({e["category"] for e in directory}))
    candidates = {
        "search": draw(
            st.sampled_from([" ".join(prefixes), " ".join(prefixes).upper(), f" {prefixes[0]}!"])
        ),
        "categories": draw(st.lists(category, max_size=4)),
        "minRating": draw(st.one_of(rating, st.floats(0, 5))),
        "maxHourlyRate": draw(st.one_of(rate, rate.map(lambda amount: amount - 1))),
        "languages": draw(st.lists(language | language.map(str.upper), max_size=3)),
    }
    names = draw(st.sets(st.sampled_from(sorted(candidates)), max_size=3))
    return {name: value for name, value in candidates.items() if name in names}


@st.composite
def list_queries(draw: st.DrawFn, directory: list[Expert]) -> tuple[dict[str, Any], list[str]]:
    """Draw variables for a query of experts; return them with the expected ids in order."""
    criteria = draw(filters(directory))
    field = draw(st.sampled_from(FIELDS))
    direction = draw(st.sampled_from(["ASC", "DESC"]))
    rows = [expert for expert in directory if matches(expert, criteria)]
    rows.sort(key=SORT_KEYS[field], reverse=direction == "DESC")
    variables = {"filter": criteria, "orderBy": {"field": field, "direction": direction}}
    return variables, [row["id"] for row in rows]


async def fetch_page(api: Api, variables: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """Return a page of the directory, after checking that its nodes, edges and cursors agree."""
    page: dict[str, Any] = (await api.ask(EXPERTS, **variables, **arguments))["experts"]
    edges, info = page["edges"], page["pageInfo"]
    assert page["nodes"] == [{"id": edge["node"]["id"]} for edge in edges]
    assert info["startCursor"] == (edges[0]["cursor"] if edges else None)
    assert info["endCursor"] == (edges[-1]["cursor"] if edges else None)
    return page


def ids(page: dict[str, Any]) -> list[str]:
    """Return the ids of the experts on a page."""
    return [node["id"] for node in page["nodes"]]


def has_neighbours(page: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether other items precede a page, and whether others follow it."""
    return page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]


async def check_refused(api: Api, arguments: dict[str, Any], message: str) -> None:
    """Assert that the response has a single BAD_USER_INPUT error with the given message."""
    answer = await api.post(EXPERTS, **arguments)
    [error] = answer["errors"]
    assert (error["message"], error["extensions"]["code"]) == (message, "BAD_USER_INPUT")
    assert answer["data"] is None

"""What clients accept, read as RFC 9110 has it."""

from __future__ import annotations

from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.graphql import media
from web.graphql.media import EVENT_STREAM, GRAPHQL_JSON, JSON, OFFERED, accepted, is_json


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", [JSON]),
        (" , ", [JSON]),
        ("*/*", [JSON, GRAPHQL_JSON]),
        ("application/*", [JSON, GRAPHQL_JSON]),
        ("text/*", [EVENT_STREAM]),
        (f"{EVENT_STREAM}, */*; q=0.5", [EVENT_STREAM, JSON, GRAPHQL_JSON]),
        (f"{GRAPHQL_JSON}, {JSON}", [GRAPHQL_JSON, JSON]),
        (f"{JSON}, {GRAPHQL_JSON}", [JSON, GRAPHQL_JSON]),
        (f"{JSON};q=0.1, {GRAPHQL_JSON};q=0.2", [GRAPHQL_JSON, JSON]),
        (f"{JSON};q=0, */*", [GRAPHQL_JSON]),
        (f"*/*;q=0.1, {JSON}", [JSON, GRAPHQL_JSON]),
        (f"{JSON.upper()} ; Q=0.5", [JSON]),
        (f"{JSON};q=1.5", []),
        (f"{JSON};q=nan", []),
        (f"{JSON};q=-1", []),
        (f"{JSON};charset=utf-8", [JSON]),
        (f'{JSON};charset="UTF-8"', [JSON]),
        (f"{JSON};charset=utf-16", []),
        ("text/csv", []),
        ("application", []),
        (";", []),
    ],
)
def test_the_best_media_type_comes_first(header: str, taken: list[str]) -> None:
    """By weight, the most exact range deciding on each; then as the client lists them.

    A stream is given to those alone who name it.
    """
    assert list(accepted(header)) == taken


@given(st.text(alphabet='aplictonjs/*+;=q01.9," \tutf-8', max_size=80))
def test_any_header_can_be_read(header: str) -> None:
    """And what is taken is always on offer."""
    assert set(accepted(header)) <= set(OFFERED)
    assert is_json(header) in {True, False}


@pytest.mark.parametrize("filler", [";", '\\";', ",", "a,", ";q=0"])
def test_a_long_header_is_not_read(monkeypatch: pytest.MonkeyPatch, filler: str) -> None:
    """What is longer than anybody sends is refused unread; the library takes quadratic time."""

    def read(*_: object) -> NoReturn:
        pytest.fail("a header of 30,000 characters was read")

    monkeypatch.setattr(media, "Message", read)
    monkeypatch.setattr(media, "_range", read)
    filled = filler * (30_000 // len(filler))
    assert not is_json(f'{JSON};a="{filled}')
    assert accepted(f"{JSON},{filled}") == ()

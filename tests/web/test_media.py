"""Content negotiation by the Accept header (RFC 9110)."""

from __future__ import annotations

from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.graphql import media
from web.graphql.media import (
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    MULTIPART,
    SUPPORTED_TYPES,
    accepted_types,
    is_json,
    result_type,
)

BOTH = [MULTIPART, JSON]


@pytest.mark.parametrize(
    ("header", "expected"),
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
        (f"{MULTIPART}, {JSON}", [MULTIPART, JSON]),
        (f'Multipart/Mixed; boundary="graphql"; SubscriptionSpec="1.0", {JSON};q=0.9', BOTH),
        (f"multipart/mixed;deferSpec=20220824, {MULTIPART};q=0.5, {JSON};q=0.4", BOTH),
        (f"multipart/mixed;deferSpec=20220824, {JSON}", [JSON]),
        ("multipart/mixed", []),
        ("multipart/*", []),
        ("multipart/mixed;subscriptionSpec=2.0", []),
        ("text/csv", []),
        ("application", []),
        (";", []),
    ],
)
def test_accepted_types_are_ordered_by_preference(header: str, expected: list[str]) -> None:
    """Types are ordered by weight, then by their order in the header.

    The weight of a type is that of the most specific range that includes the type. `*/*` includes
    neither event streams nor multipart responses.
    """
    assert list(accepted_types(header)) == expected


def test_a_single_result_is_never_sent_as_multipart() -> None:
    assert result_type([MULTIPART, GRAPHQL_JSON, JSON]) == GRAPHQL_JSON
    assert result_type([EVENT_STREAM, MULTIPART]) == EVENT_STREAM
    assert result_type([MULTIPART]) == JSON


@given(st.text(alphabet='aplictonjs/*+;=q01.9," \tutf-8', max_size=80))
def test_malformed_accept_headers_are_tolerated(header: str) -> None:
    assert set(accepted_types(header)) <= set(SUPPORTED_TYPES)
    assert is_json(header) in {True, False}


@pytest.mark.parametrize("filler", [";", '\\";', ",", "a,", ";q=0"])
def test_long_headers_are_refused_without_being_parsed(
    monkeypatch: pytest.MonkeyPatch, filler: str
) -> None:
    """Parsing such headers takes the standard library quadratic time."""

    def parse(*_: object) -> NoReturn:
        pytest.fail("a header of 30,000 characters was parsed")

    monkeypatch.setattr(media, "Message", parse)
    monkeypatch.setattr(media, "_range", parse)
    padding = filler * (30_000 // len(filler))
    assert not is_json(f'{JSON};a="{padding}')
    assert accepted_types(f"{JSON},{padding}") == ()

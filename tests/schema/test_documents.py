"""Tests of the cache of parsed GraphQL documents."""

from __future__ import annotations

import pytest

from schema.execution.documents import (
    BYTES_PER_CHAR,
    MAX_CACHED_BYTES,
    MAX_CACHED_DOCUMENTS,
    _documents,
    prepare,
)
from schema.execution.prepared import FAILURE_COST, RequestFailed


def test_document_cache_is_bounded_by_the_total_length_of_its_texts() -> None:
    """Invalid GraphQL documents are not cached."""
    for number in range(60):
        for _ in range(2):
            prepare(f"query Long{number} {{ __typename }} {' ' * 16_000}", None)
    texts = [text for (text, _) in _documents]
    assert any("Long59 " in text for text in texts)
    assert BYTES_PER_CHAR * sum(map(len, texts)) <= MAX_CACHED_BYTES
    for _ in range(2):
        with pytest.raises(RequestFailed):
            prepare("{ nothing }", None)
    assert ("{ nothing }", True) not in _documents


def test_parsing_is_charged_when_the_operation_name_is_unknown() -> None:
    """Parsing is charged each time until the GraphQL document is cached."""
    text = "query One { __typename } query Two { __typename }" + " " * 1_000
    costs = []
    for name in (None, "Three", "Four"):
        with pytest.raises(RequestFailed) as failed:
            prepare(text, name)
        costs.append(failed.value.cost)
    assert costs[0] > FAILURE_COST + len(text)
    assert costs[1:] == [costs[0], FAILURE_COST]


def test_a_document_is_cached_on_its_second_use() -> None:
    text = "query OftenAsked { __typename }"
    prepared = [prepare(text, None) for _ in range(4)]
    assert [each.is_cached for each in prepared] == [False, True, True, True]
    assert prepared[0].document is not prepared[1].document
    assert all(each.document is prepared[1].document for each in prepared[2:])
    for number in range(MAX_CACHED_DOCUMENTS):
        prepare(f"query Once{number} {{ __typename }}", None)
    assert prepare(text, None).document is prepared[1].document

"""What is remembered of the documents that clients send."""

from __future__ import annotations

import pytest

from schema.documents import FAILURE_COST, MOST_CHARACTERS, RequestFailed, _documents, prepare


def test_what_is_remembered_of_documents_is_bounded_by_their_length() -> None:
    """A document takes some 80 times its length; bad ones are read anew each time."""
    for number in range(60):
        prepare(f"query Long{number} {{ __typename }} {' ' * 16_000}", None)
    texts = [text for (text, _) in _documents]
    assert any("Long59 " in text for text in texts)
    assert sum(map(len, texts)) <= MOST_CHARACTERS
    with pytest.raises(RequestFailed):
        prepare("{ nothing }", None)
    assert ("{ nothing }", True) not in _documents


def test_reading_is_paid_where_no_operation_is_chosen() -> None:
    """Once, by whoever sends the document first."""
    several = "query One { __typename } query Two { __typename }" + " " * 1_000
    costs = []
    for name in (None, "Three"):
        with pytest.raises(RequestFailed) as failed:
            prepare(several, name)
        costs.append(failed.value.cost)
    assert costs[0] > FAILURE_COST + len(several)
    assert costs[1] == FAILURE_COST

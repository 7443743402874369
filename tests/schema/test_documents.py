"""What is remembered of the documents that clients send."""

from __future__ import annotations

import pytest

from schema.execution.documents import MOST_CHARACTERS, MOST_DOCUMENTS, _documents, prepare
from schema.execution.prepared import FAILURE_COST, RequestFailed


def test_what_is_remembered_of_documents_is_bounded_by_their_length() -> None:
    """A document takes some 80 times its length; bad ones are read anew each time."""
    for number in range(60):
        for _ in range(2):
            prepare(f"query Long{number} {{ __typename }} {' ' * 16_000}", None)
    texts = [text for (text, _) in _documents]
    assert any("Long59 " in text for text in texts)
    assert sum(map(len, texts)) <= MOST_CHARACTERS
    for _ in range(2):
        with pytest.raises(RequestFailed):
            prepare("{ nothing }", None)
    assert ("{ nothing }", True) not in _documents


def test_reading_is_paid_where_no_operation_is_chosen() -> None:
    """As often as the document is read."""
    several = "query One { __typename } query Two { __typename }" + " " * 1_000
    costs = []
    for name in (None, "Three", "Four"):
        with pytest.raises(RequestFailed) as failed:
            prepare(several, name)
        costs.append(failed.value.cost)
    assert costs[0] > FAILURE_COST + len(several)
    assert costs[1:] == [costs[0], FAILURE_COST]


def test_a_document_that_comes_once_takes_no_place() -> None:
    """The second time it is read anew and remembered, the third time it is known."""
    text = "query OftenAsked { __typename }"
    found = [prepare(text, None) for _ in range(4)]
    assert [each.is_remembered for each in found] == [False, True, True, True]
    assert found[0].document is not found[1].document
    assert all(each.document is found[1].document for each in found[2:])
    for number in range(MOST_DOCUMENTS):
        prepare(f"query Once{number} {{ __typename }}", None)
    assert prepare(text, None).document is found[1].document

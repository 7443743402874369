"""Hostile GraphQL documents are parsed, validated and costed with a bounded amount of work."""

from __future__ import annotations

import gc
from time import process_time
from typing import TYPE_CHECKING

import pytest
from graphql import parse

from schema.execution.documents import MAX_CACHED_DOCUMENT_CHARS, cost_of, prepare
from schema.execution.operations import formatted
from schema.execution.prepared import RequestFailed
from tests.support.call_counts import max_function_calls

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CALLS = 800_000
"""Maximum number of function calls for processing one document."""
REFERENCE = "{ viewer { " + "id " * 1_900 + "} }"
MAX_TIMES_REFERENCE = 10
ROUNDS = 20


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of a call, in seconds."""
    began = process_time()
    work()
    return process_time() - began


def chained_fragments(names: int, spreads: int) -> str:
    """Return a document in which each fragment spreads several of the next fragments."""
    fragments = (
        f"fragment F{i} on User {{ id {' '.join(f'...F{j}' for j in range(i + 1, i + spreads))} }}"
        for i in range(names)
    )
    ends = " ".join(f"fragment F{i} on User {{ id }}" for i in range(names, names + spreads - 1))
    return f"{{ viewer {{ ...F0 }} }} {' '.join(fragments)} {ends}"


HOSTILE = {
    "repeated leaves": "{ viewer { " + "id " * 1_900 + "} }",
    "repeated objects": "{ " + "viewer { id } " * 450 + "}",
    "nested repetition": "{ " + "viewer { expert { id } } " * 250 + "}",
    "unknown fields": "{ viewer { " + " ".join(f"a{i}" for i in range(1_900)) + " } }",
    "unknown arguments": "{ viewer(" + " ".join(f"a{i}: 1" for i in range(640)) + ") { id } }",
    "repeated arguments": "{ experts(" + "first: 1 " * 640 + ") { nodes { id } } }",
    "unknown input fields": "{ experts(filter: {"
    + " ".join(f"a{i}: 1" for i in range(640))
    + "}) { nodes { id } } }",
    "a long list": "{ experts(filter: {languages: [" + '"a" ' * 1_900 + "]}) { nodes { id } } }",
    "repeated long arguments": "{ "
    + ("experts(filter: {languages: [" + '"a" ' * 200 + "]}) { nodes { id } } ") * 9
    + "}",
    "many variables": "query ("
    + " ".join(f"$a{i}: Int" for i in range(450))
    + ") { viewer { id } }",
    "sibling fragments": "{ viewer { "
    + " ".join(f"...F{i}" for i in range(48))
    + " } } "
    + " ".join(f"fragment F{i} on User {{ expert {{ id ...G }} }}" for i in range(48))
    + " fragment G on Expert { id }",
    "nested fragments": chained_fragments(36, 13),
    "cyclic fragments": "{ viewer { ...F0 } } "
    + " ".join(
        f"fragment F{i} on User {{ {' '.join(f'...F{j}' for j in range(24))} }}" for i in range(24)
    ),
    "many operations": " ".join(f"query Q{i} {{ ...F }}" for i in range(49))
    + " fragment F on Query { viewer { "
    + "id " * 1_500
    + "} }",
    "a comment": "#" + "a" * 95_000 + "\n{ viewer { id } }",
    "a string": '{ experts(filter: {search: "' + "\\u0041" * 16_000 + '"}) { nodes { id } } }',
    "a block string": '{ experts(filter: {search: """'
    + "\n a" * 30_000
    + '"""}) { nodes { id } } }',
    "a long number": "{ experts(first: " + "9" * 95_000 + ") { nodes { id } } }",
    "a long name": "{ " + "a" * 99_000 + " }",
    "many tokens": "{ " + "a " * 49_000 + "}",
    "unclosed braces": "{ a " * 25_000,
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE.keys())
def test_work_for_a_hostile_document_is_bounded(query: str) -> None:
    """The number of function calls and the CPU time are limited.

    CPU time includes work inside a single call, such as matching a regular expression. The limit on
    CPU time is a multiple of the time for parsing a plain document. Both documents are measured
    repeatedly, so that load from other processes does not fail the test.
    """
    assert len(query) < 100 * 1024
    padded = query + " " * max(
        0, MAX_CACHED_DOCUMENT_CHARS + 1 - len(query)
    )  # too long to be cached

    def process() -> None:
        try:
            cost_of(prepare(padded, None), {})
        except RequestFailed as error:
            formatted(error.errors)

    best = reference = float("inf")
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            best = min(best, cpu_seconds(process))
            reference = min(reference, cpu_seconds(lambda: parse(REFERENCE)))
            if best < MAX_TIMES_REFERENCE * reference:
                break
        with max_function_calls(MAX_CALLS):
            process()
    finally:
        gc.enable()
    assert best < MAX_TIMES_REFERENCE * reference

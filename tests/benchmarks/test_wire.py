"""What the load generator reads and writes, byte by byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.benchmarks import questions
from tests.benchmarks.connections import post, read_answer
from tests.benchmarks.peers import filled
from tests.benchmarks.reads import forty_slots, full_page, is_right
from tests.benchmarks.subscribers import PING, frame, read_frame
from tests.benchmarks.world import Slot, apart, usual_words
from tests.benchmarks.writes import outcome

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\nhello"
CHUNKS = (
    b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n"
)


@pytest.mark.parametrize(("whole", "status"), [(PLAIN, 200), (CHUNKS, 503)])
def test_an_answer_is_read_once_it_is_whole(whole: bytes, status: int) -> None:
    assert read_answer(whole) == (status, b"hello")
    assert {read_answer(whole[:end]) for end in range(len(whole))} == {None}


def test_a_request_has_the_length_of_its_body_and_a_token() -> None:
    request = post("http://127.0.0.1:99/graphql", {"query": "{ é }"}, "secret")
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /graphql HTTP/1.1"
    assert {"Host: 127.0.0.1:99", "Authorization: Bearer secret"} < set(lines)
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body) == {"query": "{ é }"}


@pytest.mark.parametrize("size", [0, 125, 126, 4000])
def test_a_frame_is_read_as_it_was_written(size: int) -> None:
    """The mask of a client's frame is four zeros; a server sends none."""
    sent = frame(bytes(size), PING)
    mask = 2 if size < 126 else 4
    assert sent[mask : mask + 4] == bytes(4)
    unmasked = bytes([sent[0], sent[1] & 127]) + sent[2:mask] + sent[mask + 4 :]
    assert read_frame(unmasked, 0) == (PING, bytes(size), len(unmasked))
    assert read_frame(unmasked[:-1], 0) is None
    assert read_frame(b"xy" + unmasked, 2) == (PING, bytes(size), 2 + len(unmasked))


def test_a_long_frame_has_eight_bytes_of_length() -> None:
    received = bytes([0x81, 127]) + (70_000).to_bytes(8) + bytes(70_000)
    assert read_frame(received, 0) == (1, bytes(70_000), len(received))
    assert read_frame(received[:9], 0) is None


def test_a_document_that_was_never_seen_asks_for_the_same() -> None:
    """Another alias each time, and nothing else."""
    page = questions.listing(filter={"categories": ["LEGAL"]})
    first, second = (questions.never_seen(page, number) for number in (1, 2))
    assert " n1: name " in first["query"]
    assert first["query"].replace("n1: ", "") == page["query"]
    assert first["query"].replace("n1", "n2") == second["query"]
    assert first["variables"] == page["variables"]


def test_an_answer_with_errors_or_a_short_page_is_not_right() -> None:
    data: dict[str, Any] = {"experts": {"edges": [{}] * 20}}
    assert is_right(json.dumps({"data": data}).encode(), full_page)
    assert not is_right(json.dumps({"data": data, "errors": [{}]}).encode(), full_page)
    assert not is_right(json.dumps({"data": {"experts": {"edges": []}}}).encode(), full_page)
    assert not is_right(b"<html>", full_page)
    assert forty_slots({"expert": {"slots": [{}] * 38}})
    assert not forty_slots({"expert": {"slots": [{}] * 37}})


def test_the_outcome_of_a_booking_is_the_type_of_its_result() -> None:
    body = b'{"data": {"bookSlot": {"__typename": "SlotTaken"}}}'
    assert outcome(200, body) == "SlotTaken"
    assert outcome(503, body).startswith("503 ")
    assert outcome(200, b'{"data": null, "errors": [{}]}').startswith("200 ")


def test_slots_that_overlap_an_earlier_one_are_left_out() -> None:
    slots = [Slot(name, f"{a:02}", f"{b:02}") for name, a, b in (("c", 2, 4), ("a", 1, 2))]
    slots += [Slot("d", "03", "05"), Slot("e", "04", "05")]
    assert [slot.id for slot in apart(slots)] == ["a", "c", "e"]


def test_the_words_that_about_four_per_cent_of_the_names_have() -> None:
    names = [f"Ada Rare{'x' * number}" for number in range(48)] + ["Bea Usual", "Cy Usual-Ox"]
    assert usual_words(names, 1) == ["usual"]


def test_values_are_filled_in_and_what_has_none_is_left_out() -> None:
    body = {"filter": {"category": "$CATEGORY"}, "after": "$AFTER", "first": 20, "ids": ["$ID"]}
    assert filled(body, CATEGORY="legal", ID="7") == {
        "filter": {"category": "legal"},
        "first": 20,
        "ids": ["7"],
    }

"""Tests of the benchmark itself: statistics, targets, options, frames and response checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tests.benchmarks.measures.reads import is_right
from tests.benchmarks.options import MEASURES, Options
from tests.benchmarks.report import (
    APOLLO,
    EXPRESS,
    OURS,
    Aim,
    Figure,
    Result,
    judge,
    merge,
    report,
    summarize,
)
from tests.benchmarks.world.clients import PING, client_frame, read_frame
from tests.benchmarks.world.directory import LIST, first_pages, open_slots, with_unknown_document
from tests.benchmarks.world.peers import read_results

if TYPE_CHECKING:
    from pathlib import Path

CPU, RATE = Figure.SERVER_CPU, Figure.RATE


def test_result_has_the_median_figures_of_its_windows() -> None:
    windows = [{CPU: cpu, RATE: rate} for cpu, rate in ((100.0, 4.0), (300.0, 9.0), (110.0, 5.0))]
    result = summarize(OURS, "list", windows)
    assert result.figures == {CPU: 110, RATE: 5}
    assert result.spread == pytest.approx(200 / 110)


def test_merged_result_keeps_a_problem_that_any_pass_had() -> None:
    results = [
        result
        for cpu in (1.0, 3.0, 2.0)
        for result in (
            Result(OURS, "list", {CPU: cpu}, spread=0.1),
            Result(EXPRESS, "list", {CPU: cpu}, problem="slow" if cpu > 2 else ""),
        )
    ]
    ours, peer = merge(results)
    assert ours == Result(OURS, "list", {CPU: 2.0}, spread=1.0)
    assert peer.problem == "slow"


@pytest.mark.parametrize(
    ("figure", "limit", "ours", "best"),
    [(CPU, 0.2, 160, APOLLO), (RATE, 5, 5_000, EXPRESS)],
)
def test_figure_is_compared_with_the_best_competitor(
    figure: Figure, limit: float, ours: float, best: str
) -> None:
    aim = Aim("list", figure, limit)
    peers = [Result(APOLLO, "list", {figure: 800.0}), Result(EXPRESS, "list", {figure: 1_000.0})]
    [met] = judge([Result(OURS, "list", {figure: ours}), *peers], [aim])
    assert (met.rival, met.ratio, met.is_met) == (best, limit, True)
    worse = ours + (1 if figure is CPU else -1)
    [missed] = judge([Result(OURS, "list", {figure: worse}), *peers], [aim])
    assert not missed.is_met


def test_targets_without_measured_figures_are_skipped() -> None:
    aims = [Aim("list", CPU, 1), Aim("growth", Figure.SERVER_RATIO, 1.3, rivals=())]
    assert judge([Result(EXPRESS, "list", {CPU: 790})], aims) == []
    assert judge([Result(OURS, "list", {CPU: 100})], aims) == []
    [growth] = judge([Result(OURS, "growth", {Figure.SERVER_RATIO: 1.31})], aims)
    assert (growth.rival, growth.ratio, growth.is_met) == ("", 1.31, False)


def test_report_shows_targets_figures_and_failures() -> None:
    text = report(
        [
            Result(OURS, "list", {CPU: 79.04, RATE: 12_741.2}, spread=0.05),
            Result(EXPRESS, "list", {CPU: 1_444.0}),
            Result(OURS, "book", problem="500"),
        ],
        "2027-01-01, a machine",
    )
    assert (
        "| list: serverUs | 79.0 | 1,444 express-mongoose-socketio | 0.05 | at most 1/5 | yes |"
        in text
    )
    assert "1 of 1 aims are met." in text
    assert "| list | ours | 12,741 |  |  | 79.0 |  |  | 5% |  |" in text
    assert text.endswith("Our own book failed: 500\n")


def test_memory_in_a_result_line_of_the_rig_becomes_a_separate_result() -> None:
    told = {"target": EXPRESS, "measure": "fanout", "floods": [90, 110], "floodPerS": 110}
    line = {**told, "missing": 0, "lastP50": 12.6, "rssStartMB": 80, "rssSubsMB": 114}
    fanout, memory = read_results(json.dumps(line))
    assert (fanout.figures[Figure.DELIVERIES], fanout.figures[Figure.LAST_P50]) == (110, 12.6)
    assert fanout.spread == pytest.approx(0.2)
    assert memory == Result(EXPRESS, "memory", {Figure.START_MB: 80, Figure.CROWDED_MB: 114})


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"failed": "Error: no row\n at x"}, "Error: no row"),
        ({"bad": 3}, "bad 3"),
        ({"missing": 2, "closed": 1}, "missing 2, closed 1"),
        ({"winners": [1, 2]}, "winners [1, 2]"),
    ],
)
def test_peer_with_wrong_responses_has_no_figures(told: dict[str, object], problem: str) -> None:
    line = {"target": EXPRESS, "measure": "book", "serverUs": 1, **told}
    assert read_results(json.dumps(line)) == [Result(EXPRESS, "book", problem=problem)]


def test_options_are_read_from_environment_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variables = {"PEERS": str(tmp_path), "MEASURES": "book, list", "ROUNDS": "2", "SECONDS": ""}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    options = Options()
    assert options.peers == tmp_path
    assert options.measures == {"book", "list"}
    assert (options.rounds, options.seconds) == (2, 2.0)
    monkeypatch.delenv("MEASURES")
    assert Options().measures == set(MEASURES)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PEERS", "/no/folder"), ("MEASURES", "list,lists"), ("ROUNDS", "0"), ("SECONDS", "inf")],
)
def test_error_names_the_invalid_option(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Options()


@pytest.mark.parametrize("size", [0, 125, 126, 4_000])
def test_frame_is_read_only_when_it_is_complete(size: int) -> None:
    sent = client_frame(bytes(size), PING)
    mask = 2 if size < 126 else 4
    received = bytes([sent[0], sent[1] & 127]) + sent[2:mask] + sent[mask + 4 :]
    assert read_frame(received + b"next") == (PING, bytes(size), b"next")
    assert read_frame(received[:-1]) is None


def test_unknown_graphql_documents_differ_only_in_an_alias() -> None:
    page = first_pages()[0]
    first, second = (with_unknown_document(page, number) for number in (1, 2))
    assert first["query"] != second["query"]
    assert first["query"].replace("n1: ", "") == LIST
    assert first["variables"] == page["variables"]


def test_responses_with_errors_or_missing_rows_are_wrong() -> None:
    page: dict[str, Any] = {"data": {"experts": {"edges": [{}] * 20}}}
    assert is_right(page)
    assert not is_right({**page, "errors": [{}]})
    assert not is_right({"data": {"experts": {"edges": []}}})
    assert is_right({"data": {"expert": {"slots": [{}] * 38}}})
    assert not is_right({"data": {"expert": {"slots": [{}] * 37}}})


def test_open_slots_leave_out_overlapping_and_taken_slots() -> None:
    times = {"c": (2, 4), "a": (1, 2), "d": (3, 5), "e": (4, 5), "f": (6, 7)}
    slots = [
        {"id": id_, "startsAt": str(start), "endsAt": str(end), "status": "OPEN"}
        for id_, (start, end) in times.items()
    ]
    slots[-1]["status"] = "BOOKED"
    assert open_slots(slots) == ["a", "c", "e"]

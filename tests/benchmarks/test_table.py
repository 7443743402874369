"""The report that a run writes."""

from __future__ import annotations

import pytest

from tests.benchmarks.aims import Aim, verdicts
from tests.benchmarks.results import OURS, Result
from tests.benchmarks.rig import EXPRESS
from tests.benchmarks.table import comparison, figures, noise, number, report

RESULTS = [
    Result(OURS, "list", {"server_us": 200.0, "per_second": 4321.0}, spread=0.05, other=3),
    Result(EXPRESS, "contention", problem="winners [2]"),
    Result(EXPRESS, "list", {"server_us": 800.0, "p50": 12.34}, spread=0.1, other=9),
    Result(OURS, "growth list", {"server_us_ratio": 1.0625}),
]
AIMS = [
    Aim("List, cost", "list", "server_us", "µs", at_most=1 / 5),
    Aim("Growth", "growth list", "server_us_ratio", "", at_most=1.3, rivals=()),
]


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12"), (12.34, "12.3"), (99.96, "100.0"), (105_000.4, "105,000")]
)
def test_a_figure_has_as_many_digits_as_it_deserves(value: float, text: str) -> None:
    assert number(value) == text


def test_an_aim_stands_beside_our_figure_and_the_best_peers() -> None:
    _, _, cost, growth = cells(comparison(verdicts(RESULTS, AIMS)))
    assert cost == ["List, cost", "200 µs", f"800 µs {EXPRESS}", "0.25", "at most 1/5", "**no**"]
    assert growth == ["Growth", "", "", "1.06", "at most 1.3", "yes"]


def test_all_figures_are_in_one_table_the_targets_of_a_measure_together() -> None:
    table = cells(figures(RESULTS))
    assert {len(line) for line in table} == {9}
    assert [line[:2] for line in table[2:]] == [
        ["List of 20 with total", OURS],
        ["List of 20 with total", EXPRESS],
        ["500 at once for one slot", EXPRESS],
        ["Larger directory: list, not kept", OURS],
    ]
    assert table[2][2] == "4,321"
    assert table[4][-1] == "not counted: winners [2]"


def test_without_peers_no_column_names_the_server() -> None:
    header, *_ = cells(figures(RESULTS[:1]))
    assert header[:2] == ["Measure", "a second"]


def test_the_noise_is_told() -> None:
    """Only of what was measured by time."""
    said = noise(RESULTS)
    assert "took 6% of a core (9% at most)" in said
    assert "lie 8% apart (10% at most)" in said


def test_a_report_has_conditions_aims_and_figures() -> None:
    text = report(RESULTS, verdicts(RESULTS, AIMS), ["2027-01-01, a machine"])
    assert text.startswith("2027-01-01, a machine\n\nNoise: ")
    assert "1 of 2 aims are met." in text
    assert figures(RESULTS) in text
    assert "failed" not in text


def test_what_of_ours_failed_is_told_at_the_end() -> None:
    text = report([Result(OURS, "book", problem="bad 1")], [], [])
    assert text.endswith("Our own book failed: bad 1\n")

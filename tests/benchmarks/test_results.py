"""Figures: of windows, of readings, of the rig's lines, of options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.accounting import TICKS, Reading, Stat, costs, read_stat
from tests.benchmarks.growth import grown
from tests.benchmarks.machine import Cores, split_cores
from tests.benchmarks.options import MEASURES, WrongOption, read_options
from tests.benchmarks.results import Result, across, combined, percentiles
from tests.benchmarks.rig import EXPRESS, read_results


def test_of_several_windows_the_median_counts() -> None:
    windows = [
        {"server_us": 100.0, "p99": 4.0, "other": 5.0},
        {"server_us": 300.0, "p99": 9.0, "other": 50.0},
        {"server_us": 110.0, "p99": 5.0, "other": 1.0},
    ]
    result = combined("ours", "list", windows)
    assert result.figures == {"server_us": 110, "p99": 5}
    assert result.spread == pytest.approx(200 / 110)
    assert result.other == 5


def test_of_several_passes_the_median_counts() -> None:
    """For each server by itself; what went wrong once is told."""
    passes = [
        [
            Result("ours", "list", {"server_us": us, "p50": 1.0}, spread=0.1),
            Result("peer", "list", {"server_us": 2 * us}, problem="slow" if us > 2 else ""),
        ]
        for us in (1.0, 3.0, 2.0)
    ]
    ours, peer = across(passes)
    assert ours == Result("ours", "list", {"server_us": 2.0, "p50": 1.0}, spread=1.0)
    assert (peer.figures, peer.problem) == ({}, "slow")
    assert across(passes[:1]) == passes[0]


def test_percentiles_are_those_of_the_sorted_latencies() -> None:
    latencies = [number / 1000 for number in range(100, 0, -1)]
    assert percentiles(latencies) == {"p50": pytest.approx(51), "p99": pytest.approx(100)}
    assert percentiles([0.002]) == {"p50": 2, "p99": 2}
    assert percentiles([]) == {}


def test_costs_are_what_each_took_for_a_request() -> None:
    first = Reading(clock=10, server=1, database=2, generator=3, machine=20)
    last = Reading(clock=12, server=2.5, database=2.2, generator=3.1, machine=22.1)
    assert costs(first, last, 1000) == {
        "per_second": 500,
        "server_us": pytest.approx(1500),
        "database_us": pytest.approx(200),
        "generator": pytest.approx(5),
        "other": pytest.approx(15),
    }


def test_a_process_may_be_called_anything() -> None:
    """The name in /proc/PID/stat may hold spaces and parentheses."""
    stat = "7 (a) b (c) S 42 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 100 1 1"
    assert read_stat(stat) == Stat(42, 300 / TICKS)


def test_the_rest_has_the_other_cores() -> None:
    cores = split_cores({3, 1, 2})
    assert cores == Cores(frozenset({1}), frozenset({2, 3}))
    assert cores.for_workers(2) == {1, 2}
    assert split_cores({5}) == Cores(frozenset({5}), frozenset({5}))


def test_growth_is_the_ratio_of_the_medians() -> None:
    before = [{"server_us": cost, "database_us": 0.0} for cost in (100.0, 110.0, 900.0)]
    after = [{"server_us": cost, "database_us": 7.0} for cost in (120.0, 121.0, 122.0)]
    figures = grown(before, after)
    assert figures["server_us_ratio"] == pytest.approx(1.1)
    assert (figures["server_us_before"], figures["server_us_after"]) == (110, 121)
    assert "database_us_ratio" not in figures


FANOUT = {
    "target": EXPRESS,
    "measure": "fanout",
    "missing": 0,
    "other": 0,
    "closed": 0,
    "lastP50": 12.6,
    "lastP99": 17,
    "windows": [12.6, 14],
    "floods": [90, 100, 110],
    "floodPerS": 110,
    "serverUs": 9,
    "rssStartMB": 80,
    "rssSubsMB": 114,
    "kbPerSub": 15,
    "cpu": {"server": 50, "other": 7},
}


def test_the_rig_tells_the_memory_with_the_fanout() -> None:
    fanout, memory = read_results([json.dumps(FANOUT)])
    assert fanout.figures == {
        "last_p50": 12.6,
        "last_p99": 17,
        "deliveries_per_second": 110,
        "server_us": 9,
    }
    assert fanout.spread == pytest.approx(10 / 105)
    assert fanout.other == 7
    assert memory.figures == {"start_mb": 80, "crowded_mb": 114, "subscriber_kb": 15}


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"measure": "list", "failed": "Error: no row\n at x"}, "Error: no row"),
        ({"measure": "list", "bad": 3, "serverUs": 1}, "bad 3"),
        ({"measure": "fanout", "missing": 2, "closed": 1, "serverUs": 1}, "missing 2, closed 1"),
        ({"measure": "contention", "winners": [1, 2], "serverUs": 1}, "winners [1, 2]"),
        ({"measure": "contention", "winners": [1], "other": 9, "serverUs": 1}, "other 9"),
    ],
)
def test_wrong_answers_of_a_peer_do_not_count(told: dict[str, object], problem: str) -> None:
    """A server that answers something else has no figures."""
    [result] = read_results([json.dumps({"target": EXPRESS, **told})])
    assert (result.problem, result.figures) == (problem, {})


def test_options_are_what_the_variables_say(tmp_path: Path) -> None:
    given = {"PEERS": str(tmp_path), "MEASURES": "book, list", "ROUNDS": "2", "OUT": ""}
    options = read_options({**given, "SECONDS": "1.5"})
    assert (options.peers, options.rounds, options.seconds) == (tmp_path, 2, 1.5)
    assert options.compared == ["list", "book"]
    assert options.folder == Path(".bench").resolve()
    assert read_options({}).measures == set(MEASURES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"PEERS": "/nowhere/at/all"},
        {"MEASURES": "list,lists"},
        {"ROUNDS": "0"},
        {"SECONDS": "long"},
        {"EXPERTS": "inf"},
    ],
)
def test_a_wrong_option_is_named(wrong: dict[str, str]) -> None:
    [name] = wrong
    with pytest.raises(WrongOption, match=f"^{name}: "):
        read_options(wrong)


@pytest.mark.parametrize(("measure", "spread"), [("contention", 2 / 11), ("list", 10 / 35)])
def test_the_spread_of_the_rig_is_between_its_two_best_windows(measure: str, spread: float) -> None:
    """The shortest times, the highest rates."""
    told = {"target": EXPRESS, "measure": measure, "winners": [1], "windows": [40, 12, 30, 10]}
    [result] = read_results([json.dumps(told)])
    assert result.spread == pytest.approx(spread)

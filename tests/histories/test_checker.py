"""Tests of the history checker: it rejects corrupted histories and accepts correct ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.go import require_go
from tests.support.histories import check

FOLDER = Path(__file__).parent
ACCEPTED = sorted((FOLDER / "accepted").glob("*.jsonl"))
REJECTED = sorted((FOLDER / "rejected").glob("*.jsonl"))


@pytest.fixture(autouse=True)
def go(request: pytest.FixtureRequest) -> None:
    """If Go is not installed, skip the tests or, with --long, fail them."""
    require_go(request.config)


def copy(source: Path, folder: Path) -> Path:
    """Copy a history into a folder, because the checker writes its drawing beside the history."""
    target = folder / source.name
    target.write_bytes(source.read_bytes())
    return target


@pytest.mark.parametrize("history", ACCEPTED, ids=lambda path: path.stem)
def test_correct_history_is_accepted(history: Path, tmp_path: Path) -> None:
    verdict = check(copy(history, tmp_path))
    assert verdict.result == "Ok"
    assert verdict.operations > 1
    assert verdict.drawing is None


@pytest.mark.parametrize("history", REJECTED, ids=lambda path: path.stem)
def test_corrupted_history_is_rejected_with_a_drawing(history: Path, tmp_path: Path) -> None:
    verdict = check(copy(history, tmp_path))
    assert verdict.result == "Illegal"
    assert verdict.stuck
    assert verdict.drawing
    assert "<html" in Path(verdict.drawing).read_text("utf-8")


@pytest.mark.parametrize("history", REJECTED, ids=lambda path: path.stem)
def test_corrupted_history_is_accepted_without_its_last_operation(
    history: Path, tmp_path: Path
) -> None:
    """Shows that each history in `rejected/` is rejected because of its last operation."""
    lines = history.read_text("utf-8").splitlines(keepends=True)
    last = max(line.split(",")[0] for line in lines if '"op"' in line)
    shorter = tmp_path / history.name
    shorter.write_text("".join(line for line in lines if not line.startswith(last)))
    assert check(shorter).result == "Ok"


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        '{"op": 1, "at": 1, "client": "ada", "do": "steal"}',
        '{"op": 1, "at": 1, "answer": "ok"}',
        '{"op": 1, "at": 1, "client": "ada", "do": "book", "slots": [["eve", 40, 50]]}',
    ],
)
def test_history_with_an_invalid_line_raises_an_error(line: str, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    history.write_text(line)
    with pytest.raises(ValueError, match="line 1"):
        check(history)


def test_history_that_cannot_be_decided_in_time_is_not_accepted(tmp_path: Path) -> None:
    """The checker gives up, because it cannot try all orders of so many unanswered bookings."""
    lines = [
        f'{{"op": {n}, "at": {n}, "client": "ada", "do": "book", "slots": [["eve", {n}, 15]]}}'
        for n in range(1, 60)
    ]
    states = '[{"slot": ["eve", 70, 15], "status": "HELD"}]'
    lines += [
        '{"op": 60, "at": 60, "client": "bob", "do": "read"}',
        f'{{"op": 60, "at": 61, "answer": "ok", "states": {states}}}',
    ]
    history = tmp_path / "history.jsonl"
    history.write_text("\n".join(lines))
    assert check(history, limit_seconds=1).result == "Unknown"

"""The house: which way imports point, what lies at the top, and how long a file may be."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PACKAGES = {"auth", "models", "resolvers", "schema", "subscriptions", "web"}
NINE = PACKAGES | {"tests", "pyproject.toml", "README.md"}
CONTAINER = {"Dockerfile", "Caddyfile", "compose.yaml", ".dockerignore"}
BESIDE = {"Makefile", "LICENSE", "CHANGELOG.md", ".env.example", ".ci", ".gitignore"} | CONTAINER
LONGEST_FILE = 350


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Every file that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=HOUSE, capture_output=True, check=False)  # noqa: S603
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    names = listed.stdout.decode().split("\0")
    return [Path(name) for name in names if name and (HOUSE / name).exists()]


def test_imports_point_downwards() -> None:
    """import-linter holds the contracts that pyproject.toml draws."""
    lint = Path(sys.executable).with_name("lint-imports")
    command = [str(lint), "--no-cache"]
    result = subprocess.run(  # noqa: S603 - our own tool
        command, cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_the_top_level_is_the_nine_and_what_tools_need(files: list[Path]) -> None:
    """Nothing else lies at the top."""
    top = {file.parts[0] for file in files}
    assert top - BESIDE == NINE


def test_no_file_is_long(files: list[Path]) -> None:
    """A Python file is split before it has more than 350 lines."""
    lengths = {
        str(file): len((HOUSE / file).read_text("utf-8").splitlines())
        for file in files
        if file.suffix == ".py"
    }
    assert {file: length for file, length in lengths.items() if length > LONGEST_FILE} == {}


def test_nobody_else_has_our_names() -> None:
    """No package that is installed here would be hidden by one of ours, or hide it."""
    owners = packages_distributions()
    others = {name: set(owners.get(name, ())) - {"expertbook"} for name in PACKAGES | {"tests"}}
    assert {name: owner for name, owner in others.items() if owner} == {}

"""Tests of the repository's layout: import directions, top-level entries and file lengths."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.repository import PACKAGES, ROOT

PROJECT_ENTRIES = PACKAGES | {"tests", "pyproject.toml", "README.md"}
CONTAINER_FILES = {"Dockerfile", "Caddyfile", "compose.yaml", ".dockerignore"}
TOOL_FILES = {
    "Makefile",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    ".github",
    ".env.example",
    ".ci",
    ".gitignore",
} | CONTAINER_FILES
MAX_FILE_LINES = 350


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Return all files that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.decode().split("\0")
    return [Path(name) for name in names if name and (ROOT / name).exists()]


def imported_modules(file: Path) -> set[str]:
    """Return the modules and names that a Python file imports, as dotted paths."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_imports_point_downwards() -> None:
    """Import-linter finds that the code keeps the contracts in pyproject.toml."""
    lint = Path(sys.executable).with_name("lint-imports")
    command = [str(lint), "--no-cache"]
    result = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_top_level_has_only_known_entries(files: list[Path]) -> None:
    """The top-level folder contains only the nine project entries and known tool files."""
    top = {file.parts[0] for file in files}
    assert top - TOOL_FILES == PROJECT_ENTRIES


def test_python_files_have_at_most_350_lines(files: list[Path]) -> None:
    """No Python file has more than 350 lines."""
    lengths = {
        str(file): len((ROOT / file).read_text("utf-8").splitlines())
        for file in files
        if file.suffix == ".py"
    }
    assert {file: length for file, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_package_names_are_unique() -> None:
    """No other installed distribution has a package with the name of a package of this project."""
    owners = packages_distributions()
    others = {name: set(owners.get(name, ())) - {"expertbook"} for name in PACKAGES | {"tests"}}
    assert {name: owner for name, owner in others.items() if owner} == {}


def test_no_test_module_is_imported(files: list[Path]) -> None:
    """Shared fixtures and factories belong in conftest.py files and in tests/support/ instead."""
    imported = [
        f"{file}: {name}"
        for file in files
        if file.parts[0] == "tests" and file.suffix == ".py"
        for name in imported_modules(ROOT / file)
        if any(part.startswith("test_") for part in name.split("."))
    ]
    assert imported == []

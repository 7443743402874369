"""Programs of others that wheels carry, for tests of what people deploy."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from os import access
from pathlib import Path

import pytest

EXECUTABLE = 1
SMALLEST = 1_000_000
"""Bytes: less is a script that calls the program, and loses its exit status."""


def tool(wheel: str, name: str) -> Path:
    """A program of a wheel of the group `containers`; without it the test is skipped."""
    try:
        paths = [Path(file.locate()) for file in files(wheel) or [] if file.name == name]
    except PackageNotFoundError:
        pytest.skip(f"{wheel} is not installed: uv sync --group containers")
    return next(path for path in paths if access(path, EXECUTABLE) and _is_program(path))


def _is_program(path: Path) -> bool:
    return path.stat().st_size > SMALLEST

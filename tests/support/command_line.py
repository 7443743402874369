"""Runs a command of the program, and waits until it ends."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.command_rules import OFFENCE
from tests.support.forked_program import ForkedProgram
from tests.support.servers import environment

COMMAND_SECONDS = 300
"""Timeout that only a hanging command reaches; others take up to a minute on a busy machine."""


def command(
    folder: Path, *arguments: str, typed: str = "", **variables: str
) -> tuple[int, str, str]:
    """Run a command with `typed` as its stdin; return its exit status, stdout and stderr."""
    with TemporaryDirectory() as outputs:
        output, errors = Path(outputs) / "stdout", Path(outputs) / "stderr"
        settings = environment() | variables
        program = ForkedProgram(arguments, settings, folder, (output, errors), typed)
        try:
            status = program.wait(COMMAND_SECONDS)
        finally:
            program.kill()
        assert OFFENCE not in errors.read_text()
        return status, output.read_text(), errors.read_text()

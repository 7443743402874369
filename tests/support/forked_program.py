"""Programs forked from a process that has already imported the application.

Forking saves the imports, which take most of a program's start-up time. Otherwise, a forked program
is an ordinary process, with its own folder, environment and output.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO
from multiprocessing import get_context
from typing import TYPE_CHECKING

from argon2 import profiles

from auth import passwords
from tests.support.command_rules import watch_commands
from web.cli import app

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_context = get_context("forkserver")
_context.set_forkserver_preload(["web.app", "web.cli", "web.commands", "web.launch"])


@dataclass(frozen=True)
class Patch:
    """Python code that changes the program after all imports, such as by setting a constant."""

    code: str


UNCHANGED = Patch("")


def _run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    outputs: tuple[Path, Path],
    typed: str,
    patch: Patch,
) -> None:
    """Run `expertbook` with the given arguments in this process."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for descriptor, path in enumerate(outputs, 1):
        output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, descriptor)
        os.close(output)
    sys.stdin = StringIO(typed)
    watch_commands()
    # Use cheap password hashes, because the tests sign in a thousand times.
    passwords.PARAMETERS = profiles.CHEAPEST
    exec(patch.code, {})  # noqa: S102 - code of the test itself
    app(arguments, prog_name="expertbook")


class ForkedProgram:
    """A running `expertbook` process, which has the methods of `subprocess.Popen`.

    Args:
        arguments: the command and its options.
        environment: all environment variables.
        folder: the working directory.
        outputs: files for stdout and stderr.
        typed: text on stdin.
        patch: code to execute before the command runs.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        outputs: tuple[Path, Path],
        typed: str = "",
        patch: Patch = UNCHANGED,
    ) -> None:
        # Pass the environment, or the program would inherit that of the process that forks it.
        details = (arguments, environment, folder, outputs, typed, patch)
        self._process = _context.Process(target=_run, args=details)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status (negative for a signal that ended the program), or None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, or None while the program runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the program ends and return its exit status.

        Raises:
            subprocess.TimeoutExpired: if the program still runs after `timeout` seconds.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("expertbook", timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the program has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, unless the program has ended."""
        self.send_signal(signal.SIGKILL)

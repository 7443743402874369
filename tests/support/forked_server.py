"""Servers forked from a process that has imported the application.

The imports are most of what a start costs. A forked server is otherwise a process like any other:
with a folder, an environment and an output of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
from multiprocessing import get_context
from typing import TYPE_CHECKING

from tests.support.command_rules import watch_commands
from web.cli import app

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_context = get_context("forkserver")
_context.set_forkserver_preload(["web.app", "web.cli", "web.commands", "web.launch"])


def _serve(environment: Mapping[str, str], folder: Path, log: Path) -> None:
    """Run `expertbook serve --with-parent` in this process."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
    watch_commands()
    # The server also ends with the process that forked it, when tests are interrupted.
    app(["serve", "--with-parent"], prog_name="expertbook")


class ForkedServer:
    """A running server; its methods are those of `subprocess.Popen`."""

    def __init__(self, environment: Mapping[str, str], folder: Path, log: Path) -> None:
        # The environment would be inherited from the process that forks.
        self._process = _context.Process(target=_serve, args=(environment, folder, log))
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, or the negative number of the signal that ended the server."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, or None while the server runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the server ends and return its exit status.

        Raises:
            subprocess.TimeoutExpired: if it still runs after some seconds.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("expertbook serve", timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the server has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, unless the server has ended."""
        self.send_signal(signal.SIGKILL)

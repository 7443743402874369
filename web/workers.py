"""Several processes that serve on one socket.

    parent ══line══ worker      one socket pair for each

A worker says on its line when it serves. Its end closes the line, upon which the parent starts
another one; the parent's end, however it came, closes all of them, upon which the workers end too.
Uvicorn's own supervisor has no such line: its workers outlive a parent that is killed.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from web.memory import use_one_arena
from web.serving import DRAIN_SECONDS, NotServed, serve_on
from web.settings import Settings
from web.telemetry.logs import configure_logging
from web.telemetry.metrics import FOLDER, forget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

ENDING_SECONDS = DRAIN_SECONDS + 10.0
QUICK_SECONDS = 10.0
"""Who dies sooner after its start is replaced after a pause, each time a longer one."""

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
SERVES = b"."


@dataclass(eq=False)
class Worker:
    """A process that serves, or is about to."""

    process: subprocess.Popen[bytes]
    line: socket.socket
    began: float
    pause: float
    serves: bool = False


class Workers:
    """A number of them, for as long as `run` lasts.

    Args:
        number: how many.
        listener: what they serve on.
        environment: their settings.
    """

    def __init__(
        self, number: int, listener: socket.socket, environment: Mapping[str, str]
    ) -> None:
        self._number = number
        self._listener = listener
        self._environment = dict(environment)
        self._selector = selectors.DefaultSelector()
        self._workers: set[Worker] = set()
        self._starts: list[tuple[float, float]] = []

    def run(self, announce: Callable[[], None]) -> None:
        """Serve until a signal ends it.

        Args:
            announce: what is called once all of them serve.

        Raises:
            KeyboardInterrupt: at that end.
            NotServed: when one of them does not start at the beginning.
        """
        is_announced = False
        with closing(self._selector), TemporaryDirectory(prefix="expertbook-") as counts:
            self._environment[FOLDER] = counts
            try:
                for _ in range(self._number):
                    self._start(FIRST_PAUSE_SECONDS)
                while True:
                    for key, _ in self._selector.select(self._until_next_start()):
                        worker: Worker = key.data
                        if not self._hears(worker):
                            if not (worker.serves or is_announced):
                                raise NotServed("The program did not start; see the lines above.")
                            self._bury(worker)
                    self._start_due()
                    if not is_announced and all(worker.serves for worker in self._workers):
                        is_announced = True
                        announce()
            finally:
                self._end()

    def _start(self, pause: float) -> None:
        """Start one; should it die soon, the next one waits so long."""
        line, others = socket.socketpair()
        with others:
            descriptors = (self._listener.fileno(), others.fileno())
            # Not from the folder that it is started in, which may have a `web` of its own.
            command = [sys.executable, "-P", "-m", "web.workers", *map(str, descriptors)]
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                env=self._environment,
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C is for the parent, which ends them in order
            )
        worker = Worker(process, line, time.monotonic(), pause)
        self._workers.add(worker)
        self._selector.register(line, selectors.EVENT_READ, worker)

    def _hears(self, worker: Worker) -> bool:
        """Take a worker's word; False when it has ended."""
        try:
            said = worker.line.recv(len(SERVES))
        except ConnectionError:
            return False
        worker.serves = worker.serves or said == SERVES
        return bool(said)

    def _bury(self, worker: Worker) -> None:
        """Have a worker replaced."""
        self._selector.unregister(worker.line)
        worker.line.close()
        worker.process.kill()
        status = worker.process.wait()
        self._workers.discard(worker)
        forget(worker.process.pid, self._environment[FOLDER])
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        log.warning("A worker ended (%s); another one takes its place.", how)
        now = time.monotonic()
        pause = worker.pause if now - worker.began < QUICK_SECONDS else FIRST_PAUSE_SECONDS
        self._starts.append((now + pause, min(pause * 2, LONGEST_PAUSE_SECONDS)))

    def _until_next_start(self) -> float | None:
        if not self._starts:
            return None
        return max(0.0, min(self._starts)[0] - time.monotonic())

    def _start_due(self) -> None:
        now = time.monotonic()
        due = [start for start in self._starts if start[0] <= now]
        self._starts = [start for start in self._starts if start[0] > now]
        for _, pause in due:
            self._start(pause)

    def _end(self) -> None:
        """End all of them in order; a second signal, or too long a time, ends them at once."""
        self._listener.close()
        try:
            for worker in self._workers:
                worker.process.terminate()
            deadline = time.monotonic() + ENDING_SECONDS
            for worker in self._workers:
                with suppress(subprocess.TimeoutExpired):
                    worker.process.wait(max(0.0, deadline - time.monotonic()))
        finally:
            for worker in self._workers:
                worker.process.kill()
                worker.process.wait()
                worker.line.close()


def worker_environment(settings: Settings, mongodb_url: str) -> dict[str, str]:
    """The environment in which a worker reads the same settings, on the database that is there."""
    handed_down = {
        "MONGODB_URL": mongodb_url,
        "HOST": settings.host,
        "PORT": settings.port,
        "DATA": settings.data,
        "WORKERS": settings.workers,
    }
    ours = {f"EXPERTBOOK_{name}": str(value) for name, value in handed_down.items()}
    return {**os.environ, **ours}


def work(listener: socket.socket, line: socket.socket) -> int:
    """Be a worker until a signal or the parent's end; gives the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    use_one_arena()
    threading.Thread(target=_end_with, args=(line,), name="parent watch", daemon=True).start()
    settings = Settings()
    if settings.mongodb_url is None:
        raise RuntimeError("a worker never starts a database")
    configure_logging(settings.effective_log_format, settings.log_level)
    try:
        serve_on(listener, settings, settings.mongodb_url, lambda: line.sendall(SERVES))
    except KeyboardInterrupt:
        return 0
    except NotServed as error:
        log.error("%s", error)  # noqa: TRY400 - the reason is in the lines above it
    return 1


def _end_with(line: socket.socket) -> None:
    """End in order when the parent has ended, and in any case after a while."""
    with suppress(ConnectionError):
        line.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDING_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(work(*(socket.socket(fileno=int(number)) for number in sys.argv[1:])))

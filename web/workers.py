"""Supervisor of several worker processes that share one listening socket.

    parent ══channel══ worker      one socket pair for each worker

A worker reports on its channel when it is ready. When a worker ends, its channel closes, and the
parent starts a replacement. When the parent ends, even if it is killed, all channels close, and the
workers end as well. Uvicorn's supervisor has no such channel: its workers outlive a killed parent.
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

SHUTDOWN_SECONDS = DRAIN_SECONDS + 10.0
EARLY_DEATH_SECONDS = 10.0
"""A worker that ends within this many seconds is replaced after a delay, with exponential
backoff."""

MIN_RESTART_DELAY_SECONDS = 0.1
MAX_RESTART_DELAY_SECONDS = 5.0
READY = b"."


@dataclass(eq=False)
class Worker:
    """A worker process.

    Attributes:
        channel: the parent's end of the socket pair.
        started_at: monotonic time at which the worker was started, in seconds.
        delay: seconds to wait before replacing the worker if it ends early.
        is_ready: whether the worker accepts connections.
    """

    process: subprocess.Popen[bytes]
    channel: socket.socket
    started_at: float
    delay: float
    is_ready: bool = False


class Workers:
    """Runs a fixed number of workers, and replaces workers that end.

    Args:
        number: number of workers.
        listener: listening socket that the workers share.
        environment: environment variables of the workers.
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
        """Run the workers until a signal arrives.

        Args:
            announce: called once all workers are ready.

        Raises:
            KeyboardInterrupt: when a signal arrives.
            NotServed: if a worker ends during startup.
        """
        is_announced = False
        with closing(self._selector), TemporaryDirectory(prefix="expertbook-") as metrics_folder:
            self._environment[FOLDER] = metrics_folder
            try:
                for _ in range(self._number):
                    self._start(MIN_RESTART_DELAY_SECONDS)
                while True:
                    for key, _ in self._selector.select(self._until_next_start()):
                        worker: Worker = key.data
                        if not self._receive(worker):
                            if not (worker.is_ready or is_announced):
                                raise NotServed("The program did not start; see the lines above.")
                            self._replace(worker)
                    self._start_due()
                    if not is_announced and all(worker.is_ready for worker in self._workers):
                        is_announced = True
                        announce()
            finally:
                self._stop()

    def _start(self, delay: float) -> None:
        """Start a worker; if it ends early, its replacement is started after `delay` seconds."""
        channel, worker_end = socket.socketpair()
        with worker_end:
            descriptors = (self._listener.fileno(), worker_end.fileno())
            # -P, because the working directory may contain another package named `web`.
            command = [sys.executable, "-P", "-m", "web.workers", *map(str, descriptors)]
            process = subprocess.Popen(  # noqa: S603 - fixed arguments
                command,
                env=self._environment,
                pass_fds=descriptors,
                start_new_session=True,  # so that Ctrl-C reaches only the parent
            )
        worker = Worker(process, channel, time.monotonic(), delay)
        self._workers.add(worker)
        self._selector.register(channel, selectors.EVENT_READ, worker)

    def _receive(self, worker: Worker) -> bool:
        """Read a worker's channel; return False if the worker has ended."""
        try:
            message = worker.channel.recv(len(READY))
        except ConnectionError:
            return False
        worker.is_ready = worker.is_ready or message == READY
        return bool(message)

    def _replace(self, worker: Worker) -> None:
        """Clean up after a worker that has ended, and schedule its replacement."""
        self._selector.unregister(worker.channel)
        worker.channel.close()
        worker.process.kill()
        status = worker.process.wait()
        self._workers.discard(worker)
        forget(worker.process.pid, self._environment[FOLDER])
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        log.warning("A worker ended (%s); another one takes its place.", how)
        now = time.monotonic()
        delay = (
            worker.delay
            if now - worker.started_at < EARLY_DEATH_SECONDS
            else MIN_RESTART_DELAY_SECONDS
        )
        self._starts.append((now + delay, min(delay * 2, MAX_RESTART_DELAY_SECONDS)))

    def _until_next_start(self) -> float | None:
        """Return the seconds until the next scheduled start, or None if no start is scheduled."""
        if not self._starts:
            return None
        return max(0.0, min(self._starts)[0] - time.monotonic())

    def _start_due(self) -> None:
        now = time.monotonic()
        due = [start for start in self._starts if start[0] <= now]
        self._starts = [start for start in self._starts if start[0] > now]
        for _, delay in due:
            self._start(delay)

    def _stop(self) -> None:
        """Stop all workers gracefully; kill them at a second signal or after `SHUTDOWN_SECONDS`."""
        self._listener.close()
        try:
            for worker in self._workers:
                worker.process.terminate()
            deadline = time.monotonic() + SHUTDOWN_SECONDS
            for worker in self._workers:
                with suppress(subprocess.TimeoutExpired):
                    worker.process.wait(max(0.0, deadline - time.monotonic()))
        finally:
            for worker in self._workers:
                worker.process.kill()
                worker.process.wait()
                worker.channel.close()


def worker_environment(settings: Settings, mongodb_url: str) -> dict[str, str]:
    """Return the environment variables that pass these settings and the database URL to workers."""
    overrides = {
        "MONGODB_URL": mongodb_url,
        "HOST": settings.host,
        "PORT": settings.port,
        "DATA": settings.data,
        "WORKERS": settings.workers,
    }
    variables = {f"EXPERTBOOK_{name}": str(value) for name, value in overrides.items()}
    return {**os.environ, **variables}


def run_worker(listener: socket.socket, channel: socket.socket) -> int:
    """Serve as a worker until a signal arrives or the parent ends; return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    use_one_arena()
    threading.Thread(
        target=_stop_with_parent, args=(channel,), name="parent watch", daemon=True
    ).start()
    settings = Settings()
    if settings.mongodb_url is None:
        raise RuntimeError("a worker needs EXPERTBOOK_MONGODB_URL")
    configure_logging(settings.effective_log_format, settings.log_level)
    try:
        serve_on(listener, settings, settings.mongodb_url, lambda: channel.sendall(READY))
    except KeyboardInterrupt:
        return 0
    except NotServed as error:
        log.error("%s", error)  # noqa: TRY400 - the reason is logged already
    return 1


def _stop_with_parent(channel: socket.socket) -> None:
    """Stop this worker when the parent ends; exit after `SHUTDOWN_SECONDS` at the latest."""
    with suppress(ConnectionError):
        channel.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SHUTDOWN_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(run_worker(*(socket.socket(fileno=int(number)) for number in sys.argv[1:])))

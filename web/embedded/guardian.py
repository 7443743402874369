"""Supervisor process of the embedded database server.

    main process ──pipe──> guardian ──parent──> database server

Usage: `guardian.py LOG TARGET COMMAND...`. The guardian starts the command, restarts it when it
dies, and stops it when the pipe on standard input closes, that is, when the main process ends for
any reason. The main process writes a byte to the pipe once the database server has responded. If
the server dies before this byte has arrived, its start has failed, and the guardian exits so that
the main process can report the failure. Inheritable file descriptors, such as that of the data
folder's lock file, are passed on to the database server and stay open until the server has ended.

TARGET names the receiver of SIGTERM: `process` for the whole server process, or `thread` for its
main thread. If a signal is sent to a whole process, the kernel may deliver it to any thread of the
process, but a server written in Python handles the signal only when its main thread wakes up.

The module imports little, and only from the standard library, to start quickly and use little
memory.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import time

PIPE = 0
QUICK_SECONDS = 10.0  # a death within this time after the start is called quick
MAX_QUICK_DEATHS = 5  # restarts in a row after quick deaths; then the guardian gives up
FIRST_PAUSE_SECONDS = 0.1  # pause before a restart; doubles with each quick death
STOP_SECONDS = (3.0, 7.0)  # wait after the first and the second SIGTERM, before SIGKILL
FAILED = 1
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def guard(log: str, signal_target: str, command: list[str]) -> int:
    """Keep `command` running until the pipe closes, and return the guardian's exit status."""
    wake_pipe = _wake_on_signals()
    answered = False
    deaths = 0
    while True:
        started = time.monotonic()
        server = _start(log, command)
        while (status := _status(server)) is None:
            received = _wait(wake_pipe)
            if received == b"":
                _stop(server, signal_target, wake_pipe)
                return 0
            answered = answered or bool(received)
        if not answered:
            return FAILED
        deaths = deaths + 1 if time.monotonic() - started < QUICK_SECONDS else 1
        if deaths > MAX_QUICK_DEATHS:
            _print(f"The database died {deaths} times in a row ({_cause(status)}); see {log}.")
            return FAILED
        _print(f"The database died ({_cause(status)}); starting it again.")
        if _closes_within(FIRST_PAUSE_SECONDS * 2 ** (deaths - 1), wake_pipe):
            return 0


def _wake_on_signals() -> int:
    """Make signals write to a pipe instead of ending the guardian; return the pipe's read end.

    Signal handlers are used instead of SIG_IGN, because the database server would inherit SIG_IGN
    through `exec`.
    """
    wake_pipe, writer = os.pipe()
    os.set_blocking(wake_pipe, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return wake_pipe


def _start(log: str, command: list[str]) -> int:
    guardian = os.getpid()
    if server := os.fork():
        return server
    try:
        _die_with(guardian)
        null = os.open(os.devnull, os.O_RDONLY)
        written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(null, 0)
        os.dup2(written, 1)
        os.dup2(written, 2)
        os.execv(command[0], command)  # noqa: S606 - no shell needed
    except OSError as error:
        _print(f"{command[0]}: {error.strerror}")
    finally:
        os._exit(FAILED)


def _die_with(guardian: int) -> None:
    """Make the kernel kill this process when the guardian dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guardian:  # the guardian died before prctl
            os._exit(FAILED)


def _status(server: int) -> int | None:
    ended, status = os.waitpid(server, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _wait(wake_pipe: int, seconds: float | None = None) -> bytes | None:
    """Wait for a signal or input; return the input (b"" after the pipe was closed), or None."""
    readable, _, _ = select.select([PIPE, wake_pipe], [], [], seconds)
    _drain(wake_pipe)
    return os.read(PIPE, 16) if PIPE in readable else None


def _drain(wake_pipe: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(wake_pipe, 64):
            pass


def _closes_within(seconds: float, wake_pipe: int) -> bool:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if _wait(wake_pipe, left) == b"":
            return True
    return False


def _stop(server: int, signal_target: str, wake_pipe: int) -> None:
    for seconds in STOP_SECONDS:
        _terminate(server, signal_target)
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if _status(server) is not None:
                return
            select.select([wake_pipe], [], [], left)
            _drain(wake_pipe)
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)


def _terminate(server: int, signal_target: str) -> None:
    if signal_target == "thread" and sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # musl has no `tgkill`
            ctypes.CDLL(None).tgkill(server, server, signal.SIGTERM)
            return
    os.kill(server, signal.SIGTERM)


def _cause(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _print(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        os.write(2, f"ExpertBook: {line}\n".encode())


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1], sys.argv[2], sys.argv[3:]))

"""The process that owns the embedded database server.

    program ──pipe──> guardian ──parent──> database server

It runs as `guardian.py LOG TAKER COMMAND...`, starts the command, starts it again when it dies,
and ends it when the pipe on its standard input closes: at the program's orderly end as
at its violent one. A byte on the pipe says that the server has answered; before that,
its death is a failed start, which is the program's to report. Open files that are
inheritable (the folder's lock) reach the server, so they stay open until it has ended.

TAKER says who in the server must get the SIGTERM: its `process`, or its `thread`, the
first. The kernel gives a process's signal to any thread, but a server in Python takes
notice only when its first thread wakes, and one that waits for ever never does.

Standard library only, and little of it: it starts in some 15 ms and holds 10 MB.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import time

PIPE = 0
QUICK_SECONDS = 10.0  # a server that dies sooner after its start counts as failing
QUICK_DEATHS = 5  # in a row, before the guardian gives up
FIRST_PAUSE_SECONDS = 0.1  # doubles with each quick death
STOP_SECONDS = (3.0, 7.0)  # after the first SIGTERM and the second; then SIGKILL
FAILED = 1
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def guard(log: str, taker: str, command: list[str]) -> int:
    """Keep `command` running until the pipe closes; return the guardian's exit status."""
    wakes = _wake_on_signals()
    answered = False
    deaths = 0
    while True:
        started = time.monotonic()
        server = _start(log, command)
        while (status := _status(server)) is None:
            said = _listen(wakes)
            if said == b"":
                _stop(server, taker, wakes)
                return 0
            answered = answered or bool(said)
        if not answered:
            return FAILED
        deaths = deaths + 1 if time.monotonic() - started < QUICK_SECONDS else 1
        if deaths > QUICK_DEATHS:
            _say(f"The database died {deaths} times in a row ({_how(status)}); see {log}.")
            return FAILED
        _say(f"The database died ({_how(status)}); starting it again.")
        if _closes_within(FIRST_PAUSE_SECONDS * 2 ** (deaths - 1), wakes):
            return 0


def _wake_on_signals() -> int:
    """Turn every signal into a byte to read; none of them ends the guardian.

    Handlers rather than SIG_IGN: these do not pass to the server with `exec`.
    """
    wakes, wake = os.pipe()
    os.set_blocking(wakes, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return wakes


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
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as refusal:
        _say(f"{command[0]}: {refusal.strerror}")
    finally:
        os._exit(FAILED)


def _die_with(guardian: int) -> None:
    """Have the kernel kill this process when the guardian is killed, where it can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guardian:  # it was killed before the line above
            os._exit(FAILED)


def _status(server: int) -> int | None:
    ended, status = os.waitpid(server, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _listen(wakes: int, seconds: float | None = None) -> bytes | None:
    """Wait for the program's word (empty: it is gone), a signal or the time (both `None`)."""
    heard, _, _ = select.select([PIPE, wakes], [], [], seconds)
    _drain(wakes)
    return os.read(PIPE, 16) if PIPE in heard else None


def _drain(wakes: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(wakes, 64):
            pass


def _closes_within(seconds: float, wakes: int) -> bool:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if _listen(wakes, left) == b"":
            return True
    return False


def _stop(server: int, taker: str, wakes: int) -> None:
    for seconds in STOP_SECONDS:
        _terminate(server, taker)
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if _status(server) is not None:
                return
            select.select([wakes], [], [], left)
            _drain(wakes)
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)


def _terminate(server: int, taker: str) -> None:
    if taker == "thread" and sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # musl has no `tgkill`
            ctypes.CDLL(None).tgkill(server, server, signal.SIGTERM)
            return
    os.kill(server, signal.SIGTERM)


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        os.write(2, f"ExpertBook: {line}\n".encode())


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1], sys.argv[2], sys.argv[3:]))

"""Several server processes that share one database."""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING, Self

from tests.support.servers import Program, await_ready, start_program

if TYPE_CHECKING:
    import signal
    from pathlib import Path


class Fleet:
    """Server processes that share one database and can be stopped and restarted one by one."""

    def __init__(self, folder: Path, count: int, **settings: object) -> None:
        self._folder = folder
        self._settings = settings
        self._stacks = [ExitStack() for _ in range(count)]
        self.programs: list[Program | None] = [None] * count

    def __enter__(self) -> Self:
        for number in range(len(self.programs)):
            self.start(number)
        return self

    def __exit__(self, *_: object) -> None:
        for stack in self._stacks:
            stack.close()

    @property
    def addresses(self) -> list[str]:
        """The URLs of the running servers."""
        return [program.address for program in self.programs if program]

    def start(self, number: int) -> None:
        """Start a server and wait until it is ready."""
        folder = self._folder / str(number)
        folder.mkdir(exist_ok=True)
        program = self._stacks[number].enter_context(start_program(folder, **self._settings))
        await_ready(program.process, program.address)
        self.programs[number] = program

    def end(self, number: int, signal_: signal.Signals) -> tuple[int, float]:
        """Stop a server with a signal; return its exit status and the seconds it took to end."""
        program = self.programs[number]
        assert program
        self.programs[number] = None
        since = monotonic()
        program.process.send_signal(signal_)
        status = program.wait()
        self._stacks[number].close()
        return status, monotonic() - since

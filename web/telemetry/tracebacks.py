"""Format tracebacks for the log, truncated and without sensitive values."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_FRAMES = 30
MAX_CAUSES = 5
MAX_GROUP_ERRORS = 5
MAX_PROBLEMS = 10


def format_traceback(error: BaseException, sanitize: Callable[[str], str]) -> str:
    """Return the frames and message of an exception and its causes, the root cause first.

    Args:
        error: the exception.
        sanitize: function applied to exception messages, which may contain user input.
    """
    chain = list(_chain(error))
    text = "\nwhich caused:\n".join(_format_one(each, sanitize) for each in reversed(chain))
    return text.rstrip("\n")


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if current is None:
            return
        yield current
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden


def _format_one(error: BaseException, sanitize: Callable[[str], str]) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__, limit=-MAX_FRAMES))
    name = type(error).__qualname__
    text = f"{frames}{name}: {sanitize(_message(error))}"
    if isinstance(error, BaseExceptionGroup):
        parts = [format_traceback(part, sanitize) for part in error.exceptions[:MAX_GROUP_ERRORS]]
        text += "".join(f"\none of them:\n{part}" for part in parts)
    return text


def _message(error: BaseException) -> str:
    """Return an exception's message.

    The messages of validation errors leave out the invalid values, which may be passwords.
    """
    if isinstance(error, ValidationError):
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        places = (
            f"{'.'.join(str(part) for part in problem['loc'])} ({problem['type']})"
            for problem in problems[:MAX_PROBLEMS]
        )
        return f"{error.title}: {', '.join(places)}"
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - logging must not fail
        return f"(message unavailable: {type(broken).__name__})"

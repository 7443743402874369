"""Where an exception came from, as a log may show it."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_FRAMES = 30
MOST_CAUSES = 5
MOST_OF_GROUP = 5
MOST_PROBLEMS = 10


def traceback_of(error: BaseException, shown: Callable[[str], str]) -> str:
    """The frames and the text of an exception, after those of what caused it.

    Frames are lines of programs; the text may repeat what somebody sent.

    Args:
        error: what was raised.
        shown: makes such a text fit to be shown.
    """
    chain = list(_chain(error))
    told = "\nwhich caused:\n".join(_one(each, shown) for each in reversed(chain))
    return told.rstrip("\n")


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if current is None:
            return
        yield current
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden


def _one(error: BaseException, shown: Callable[[str], str]) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__, limit=-MOST_FRAMES))
    name = type(error).__qualname__
    text = f"{frames}{name}: {shown(_text(error))}"
    if isinstance(error, BaseExceptionGroup):
        parts = [traceback_of(part, shown) for part in error.exceptions[:MOST_OF_GROUP]]
        text += "".join(f"\none of them:\n{part}" for part in parts)
    return text


def _text(error: BaseException) -> str:
    """What an exception says; without the values that were refused, which may be passwords."""
    if isinstance(error, ValidationError):
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        places = (
            f"{'.'.join(str(part) for part in problem['loc'])} ({problem['type']})"
            for problem in problems[:MOST_PROBLEMS]
        )
        return f"{error.title}: {', '.join(places)}"
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - a log must not fail because of what it tells
        return f"(its text cannot be had: {type(broken).__name__})"

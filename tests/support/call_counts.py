"""A limit on the number of function calls, which does not depend on the machine's load."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def max_function_calls(calls: int) -> Iterator[None]:
    """Fail the test if the block makes more than `calls` function calls, in Python or in C."""
    left = calls

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal left
        if event in {"call", "c_call"}:
            left -= 1
            if left < 0:
                pytest.fail(f"more than {calls:,} function calls")

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)

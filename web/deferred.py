"""Packages imported when something needs them, or never: 18 MB that a program does without.

That the former are there is known at the start all the same.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFERRED: Final = ("icalendar", "jinja2", "phonenumbers")


def check_deferred() -> None:
    """Look for them.

    Raises:
        RuntimeError: names those that are not installed.
    """
    if missing := [name for name in DEFERRED if find_spec(name) is None]:
        raise RuntimeError(f"Not installed: {', '.join(missing)}. Install ExpertBook again.")


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Have what is imported meanwhile take those packages for absent, without which it can do."""
    known = {name: sys.modules.get(name) for name in names}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type] # None: not to be imported
    try:
        yield
    finally:
        for name, module in known.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module

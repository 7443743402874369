"""Lazily imported packages, to save memory in processes that do not need them.

The application still checks at startup that they are installed.
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
    """Check that the lazily imported packages are installed.

    Raises:
        RuntimeError: lists the missing packages.
    """
    if missing := [name for name in DEFERRED if find_spec(name) is None]:
        raise RuntimeError(f"Not installed: {', '.join(missing)}. Reinstall ExpertBook.")


@contextmanager
def hide_packages(*names: str) -> Iterator[None]:
    """Make imports of optional packages fail within the context, as if they were not installed."""
    hidden = {name: sys.modules.get(name) for name in names}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type] # None blocks the import
    try:
        yield
    finally:
        for name, module in hidden.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module

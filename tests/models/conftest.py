"""Fixtures of the tests of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_SECONDS = 600


@pytest.fixture(autouse=True, scope="module")
def patient_commits() -> Iterator[None]:
    """Let a commit that lost a race retry for ten minutes.

    The program answers `Unavailable` after eight seconds, which a stalled machine can exceed.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.commits.PATIENCE_SECONDS", PATIENCE_SECONDS)
        yield

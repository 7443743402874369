"""What Apollo Server is asked: the rig's own documents, about the rig's own data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.reads import full_page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.reads import Asked

CATEGORIES: Final = ("technology", "health", "finance", "legal", "design", "business")
FIRST_WITH_FORTY: Final = 100
"""The first experts have more slots."""


def apollo_questions(rig: Path, number: int) -> Asked:
    """Pages of experts, and some experts with 40 slots each."""
    operations = json.loads((rig / "targets" / "_graphql.json").read_text())["ops"]
    pages = [filled(operations["list"]["body"], CATEGORY=name) for name in CATEGORIES]
    experts = [
        filled(operations["detail"]["body"], EXPERT=f"650000000000{index:012x}")
        for index in range(FIRST_WITH_FORTY, FIRST_WITH_FORTY + number)
    ]
    return {"list": (pages, full_page), "detail": (experts, forty)}


def forty(data: dict[str, Any]) -> bool:
    """Whether there are the 40 slots of the rig's experts."""
    return len(data["expert"]["slots"]) == 40


def filled(body: Any, **values: str) -> Any:
    """A body with values in the place of `$NAME`; of a name without one the key is left out."""
    if isinstance(body, str) and body.startswith("$"):
        return values.get(body[1:])
    if isinstance(body, list):
        return [filled(part, **values) for part in body]
    if isinstance(body, dict):
        found = {key: filled(part, **values) for key, part in body.items()}
        return {key: part for key, part in found.items() if part is not None}
    return body

"""The directory: finding an expert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.policies import may_see_expert
from models.directory.experts import Category, Expert, category_counts
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.viewers import Viewer
    from models.ids import Id


async def experts(expert_ids: Sequence[Id]) -> list[Expert | None]:
    """Some experts, in the order of their ids, in one command."""
    with or_unavailable():
        found = Expert.get_pymongo_collection().find({"_id": {"$in": list(expert_ids)}})
        rows = await found.to_list()
    by_id = {row["_id"]: Expert.model_validate(row) for row in rows}
    return [by_id.get(id_) for id_ in expert_ids]


async def by_slug(viewer: Viewer | None, slug: str) -> Expert | None:
    """The expert of that slug if the viewer may see it."""
    with or_unavailable():
        expert = await Expert.find_one({"slug": slug})
    return seen(viewer, expert)


async def categories() -> dict[Category, int]:
    """How many listed experts each category has, in the order of the categories."""
    with or_unavailable():
        return await category_counts()


def seen(viewer: Viewer | None, expert: Expert | None) -> Expert | None:
    """The expert if there is one and the viewer may see it."""
    return expert if expert and may_see_expert(viewer, expert) else None

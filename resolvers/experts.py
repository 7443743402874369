"""Queries for experts in the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.visibility import may_see_expert
from models.directory.experts import Expert, expert_by_slug
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.viewers import Viewer
    from models.ids import Id


async def experts(expert_ids: Sequence[Id]) -> list[Expert | None]:
    """Return the experts with the given ids, in the same order, with one database command."""
    with or_unavailable():
        found = Expert.get_pymongo_collection().find({"_id": {"$in": list(expert_ids)}})
        rows = await found.to_list()
    by_id = {row["_id"]: Expert.model_validate(row) for row in rows}
    return [by_id.get(id_) for id_ in expert_ids]


async def by_slug(viewer: Viewer | None, slug: str) -> Expert | None:
    """Return the expert with this present or former slug, if the viewer may see the expert."""
    with or_unavailable():
        expert = await expert_by_slug(slug)
    return if_visible(viewer, expert)


def if_visible(viewer: Viewer | None, expert: Expert | None) -> Expert | None:
    """Return the given expert, or None if the viewer may not see the expert."""
    return expert if expert and may_see_expert(viewer, expert) else None

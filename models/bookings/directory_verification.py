"""Checks of the directory: the photos, reviews and ratings of experts."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from models.directory.ratings import MAX_STARS, mean_rating, rating_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.ids import Id

Row = dict[str, Any]


class DirectoryChecker:
    """Collects MongoDB documents in any order and reports the invariants that they violate."""

    def __init__(self) -> None:
        self._experts: dict[Id, Row] = {}
        self._named_photos: set[tuple[Id, str]] = set()
        self._photos: set[tuple[Id, str]] = set()
        self._completed: set[tuple[Id, Id, Id]] = set()
        self._reviews: dict[Id, tuple[Id, Id, Id]] = {}
        self._stars: dict[Id, Counter[int]] = defaultdict(Counter)

    def add_expert(self, row: Row) -> None:
        """Add an expert's directory entry."""
        self._experts[row["_id"]] = row
        if hash_ := row.get("photo"):
            self._named_photos.add((row["_id"], hash_))

    def add_photo(self, row: Row) -> None:
        """Add a photo."""
        self._photos.add((row["expert_id"], row["hash"]))

    def add_booking(self, row: Row) -> None:
        """Add a booking."""
        if row["status"] == "COMPLETED":
            self._completed.add((row["_id"], row["expert_id"], row["client_id"]))

    def add_review(self, row: Row) -> None:
        """Add a review."""
        self._reviews[row["_id"]] = row["booking_id"], row["expert_id"], row["client_id"]
        if not row["hidden"]:
            self._stars[row["expert_id"]][row["rating"]] += 1

    def findings(self) -> Iterator[tuple[str, str, Id]]:
        """Yield the kind, a description and the expert's id of each violated invariant."""
        for expert_id, hash_ in self._named_photos - self._photos:
            yield "orphan", f"photo {hash_} of {expert_id} is not stored", expert_id
        for expert_id, hash_ in self._photos - self._named_photos:
            yield "orphan", f"photo {hash_} has no expert {expert_id}", expert_id
        for id_, subject in self._reviews.items():
            _, expert_id, _ = subject
            if expert_id not in self._experts:
                yield "orphan", f"review {id_} has no expert {expert_id}", expert_id
            elif subject not in self._completed:
                yield "orphan", f"review {id_} has no completed booking", expert_id
        for expert_id, expert in self._experts.items():
            yield from self._ratings(expert_id, expert)

    def _ratings(self, expert_id: Id, expert: Row) -> Iterator[tuple[str, str, Id]]:
        stars = self._stars.get(expert_id, Counter())
        counts = [stars[star] for star in range(1, MAX_STARS + 1)]
        mean, number = mean_rating(counts), sum(counts)
        expected = {
            "rating_counts": counts,
            "rating": mean,
            "review_count": number,
            "by_rating": rating_key(mean, number, expert_id),
        }
        for name, value in expected.items():
            if expert.get(name) != value:
                detail = f"{name} of {expert_id} is {expert.get(name)}; its reviews say {value}"
                yield "rating", detail, expert_id

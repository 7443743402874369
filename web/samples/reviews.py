"""Sample reviews of completed sample bookings, which determine the experts' ratings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from models.bookings.booking import BookingStatus
from models.directory.ratings import MAX_STARS
from models.directory.reviews import Review
from models.text import public_name
from web.samples.texts import reviews as texts_by_stars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from random import Random

    from models.bookings.booking import Booking
    from models.ids import Id
    from web.samples.people import SampleExpert

RECENT: Final = timedelta(days=28)
REVIEWED_SHARE: Final = 0.7  # share of the recent sessions; all earlier sessions are reviewed
DETAIL_SHARE: Final = 0.8
CLOSING_SHARE: Final = 0.45
ANSWERED_SHARE: Final = 0.3  # share of the reviews with four or five stars
ANSWERED_CRITICISM_SHARE: Final = 0.6
LONGEST_DELAY: Final = timedelta(days=6)
HOUR: Final = timedelta(hours=1)
HIDDEN_REASON: Final = "It is about a session with another expert, as its author told us."

BEST: Final = (1, 1, 2, 13, 83)
WORST: Final = (6, 10, 20, 36, 28)
"""Relative frequencies of one to five stars, for experts of the highest and the lowest quality."""

LOWEST_QUALITY: Final = 3.6


@dataclass(frozen=True, slots=True)
class SampleReviews:
    """The material for the reviews of an expert.

    Attributes:
        expert: the expert.
        moment: time at which the seeding began; no review is dated later.
        new_id: returns the id of the review of a booking.
        skips: returns whether a booking is left without a review.
        hides_first: whether an administrator has hidden the first review.
        rng: draws the texts.
        rng_of: returns the generator that draws the rating of a booking, so that an expert's
            ratings hardly depend on the moment.
    """

    expert: SampleExpert
    moment: datetime
    new_id: Callable[[Id], Id]
    skips: Callable[[Booking], bool]
    hides_first: bool
    rng: Random
    rng_of: Callable[[Id], Random]

    def write(self, bookings: Sequence[Booking]) -> list[Review]:
        """Return the reviews of completed bookings, the earliest first."""
        if self.expert.quality is None:
            return []
        texts = {stars: self._texts(stars) for stars in range(1, MAX_STARS + 1)}
        found: list[Review] = []
        for booking in bookings:
            stars = self._stars(booking)
            if stars and not self.skips(booking):
                found.append(self._review(booking, stars, next(texts[stars])))
        if self.hides_first and found:
            found[0] = found[0].model_copy(update={"hidden": True, "hidden_reason": HIDDEN_REASON})
        return found

    def _stars(self, booking: Booking) -> int | None:
        """Return the rating of a session, or None if the client does not write a review."""
        if booking.status is not BookingStatus.COMPLETED:
            return None
        rng = self.rng_of(booking.id)
        is_reviewed = rng.random() < REVIEWED_SHARE
        [stars] = rng.choices(range(1, MAX_STARS + 1), self._shares())
        return stars if is_reviewed or booking.starts_at < self.moment - RECENT else None

    def _review(self, booking: Booking, stars: int, text: str) -> Review:
        author = booking.contact.name if booking.contact else ""
        written_at = self._later(booking.history[-1].at)
        review = Review(
            id=self.new_id(booking.id),
            expert_id=booking.expert_id,
            booking_id=booking.id,
            client_id=booking.client_id,
            author=public_name(author),
            rating=stars,
            text=text,
            created_at=written_at,
        ).update_order_keys()
        share = ANSWERED_SHARE if stars > MAX_STARS - 2 else ANSWERED_CRITICISM_SHARE
        if self.rng.random() < share:
            answer = self.rng.choice(texts_by_stars()[stars].answers)
            review.answer = answer.format(client=author.split()[0])
            review.answered_at = self._later(written_at)
        return review

    def _shares(self) -> list[float]:
        """Return the relative frequencies of one to five stars at the expert's quality."""
        quality = self.expert.quality or LOWEST_QUALITY
        lack = (MAX_STARS - quality) / (MAX_STARS - LOWEST_QUALITY)
        return [best + (worst - best) * lack for best, worst in zip(BEST, WORST, strict=True)]

    def _texts(self, stars: int) -> Iterator[str]:
        """Yield texts endlessly; a sentence is repeated only after all other ones of its kind."""
        found = texts_by_stars()[stars]
        rounds = [self._rounds(found.openings), self._rounds(found.details)]
        closings, topics = self._rounds(found.closings), self._rounds(self.expert.topics)
        name = self.expert.name.split()[0]
        while True:
            sentences = [next(rounds[0])]
            if self.rng.random() < DETAIL_SHARE:
                sentences.append(next(rounds[1]))
            if self.rng.random() < CLOSING_SHARE:
                sentences.append(next(closings))
            yield " ".join(sentences).format(name=name, topic=next(topics))

    def _rounds(self, items: Sequence[str]) -> Iterator[str]:
        while True:
            yield from self.rng.sample(items, len(items))

    def _later(self, instant: datetime) -> datetime:
        """Return a random time within a few days after an instant, but not after `self.moment`."""
        longest = min(LONGEST_DELAY, self.moment - instant)
        shortest = min(HOUR, longest / 2)
        seconds = self.rng.randrange(int(shortest.total_seconds()), int(longest.total_seconds()))
        return instant + timedelta(seconds=seconds)

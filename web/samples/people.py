"""Random sample experts and clients, made from the texts in `data` and reproducible by seed."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

from web.samples.texts import biography, categories, origins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from web.samples.texts import CategoryTexts, Origin

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class SampleExpert:
    """An expert and their calendar rules; money in minor units, durations in minutes."""

    name: str
    slug: str
    email: str
    title: str
    category: str
    bio: str
    experience_years: int
    languages: tuple[str, ...]
    hourly_rate: int
    topics: tuple[str, ...]
    quality: float | None  # Approximate mean rating; None for an expert without reviews.
    former_sessions: int  # Number of reviewed sessions before all other bookings.
    time_zone: str
    offers: tuple[tuple[int, int], ...]  # Minutes and price; the shorter session comes first.
    places: tuple[tuple[str, str | None], ...]  # Kind and details of each offer's place.
    weekly: tuple[tuple[int, int, int], ...]  # Weekday; start and end in local minutes.
    break_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    cancellation_notice_minutes: int
    confirms_automatically: bool


@dataclass(frozen=True, slots=True)
class SampleClient:
    """A client; `phone` is an E.164 number from a range reserved for fiction."""

    name: str
    email: str
    time_zone: str
    phone: str


MAX_FORMER_SESSIONS: Final = 30
YEARS_PER_SESSION: Final = 18
# Time zones where the working week is not Monday to Friday (0 is Monday).
_WORKDAYS: Final = {
    "Africa/Cairo": (0, 1, 2, 3, 6),
    "Asia/Jerusalem": (0, 1, 2, 3, 6),
    "Asia/Kathmandu": (0, 1, 2, 3, 6),
    "Asia/Tehran": (0, 1, 2, 5, 6),
}
_SATURDAY: Final = 5
_MIDNIGHT: Final = 24 * 60
_NIGHT_OWL_INTERVAL: Final = 60
# ASCII spellings of letters that NFKD does not decompose.
_TRANSLITERATION: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "th"}  # noqa: RUF001 -- Turkish
)


def sample_experts(count: int, seed: int) -> Iterator[SampleExpert]:
    """Yield experts, evenly distributed over the categories, from many time zones.

    A larger count only appends experts: the first experts stay the same.
    """
    rng = Random(seed)  # noqa: S311 -- sample data, nothing secret
    home_rounds = _rounds(rng, _homes())
    category_rounds = _rounds(rng, tuple(categories().items()))
    slugs: Counter[str] = Counter()
    for index in range(count):
        origin, zone = next(home_rounds)
        category, texts = next(category_rounds)
        name = _name(rng, origin)
        slug = _unique_slug(slugs, name)
        title, topics = rng.choice(tuple(texts.titles.items()))
        years = round(rng.triangular(2, 35, 8))
        languages = _languages(rng, origin)
        rate = round(texts.base_rate * (1 + years / 40) * rng.uniform(0.85, 1.3) / 500) * 500
        reviewed = _chance(rng, 0.95)
        shortest = rng.choices((15, 30, 45, 60), (10, 55, 15, 20))[0]
        yield SampleExpert(
            name=name,
            slug=slug,
            email=f"{slug}@example.com",
            title=title,
            category=category,
            bio=_bio(
                rng,
                texts,
                title=title,
                topics=topics,
                years=years,
                languages=languages,
                zone=zone,
            ),
            experience_years=years,
            languages=languages,
            hourly_rate=rate,
            topics=topics,
            quality=max(3.6, 5 - rng.expovariate(3)) if reviewed else None,
            former_sessions=_former_sessions(years, rng.expovariate(1 / 8)) if reviewed else 0,
            time_zone=zone,
            offers=tuple(
                (minutes, round(rate * minutes / 6000) * 100)
                for minutes in (shortest, 2 * shortest)
            ),
            places=_places(slug, zone),
            weekly=_week(
                rng, zone, night_owl=index % _NIGHT_OWL_INTERVAL == _NIGHT_OWL_INTERVAL // 2
            ),
            break_minutes=rng.choices((0, 15, 30), (85, 10, 5))[0],
            minimum_notice_minutes=rng.choices((60, 120, 240, 720, 1440), (10, 65, 10, 5, 10))[0],
            horizon_days=90,
            cancellation_notice_minutes=rng.choices((0, 720, 1440, 2880), (8, 10, 72, 10))[0],
            confirms_automatically=_chance(rng, 0.75),
        )


def sample_clients(count: int, seed: int) -> Iterator[SampleClient]:
    """Yield clients, none of whom shares an e-mail address with a sample expert."""
    rng = Random(seed)  # noqa: S311 -- sample data, nothing secret
    home_rounds = _rounds(rng, _homes())
    slugs: Counter[str] = Counter()
    for _ in range(count):
        origin, zone = next(home_rounds)
        name = _name(rng, origin)
        # Experts' e-mail addresses have hyphens instead of dots, so none is equal to a client's.
        local_part = _unique_slug(slugs, name).replace("-", ".")
        yield SampleClient(name, f"{local_part}@example.com", zone, _phone(rng, zone))


def _homes() -> tuple[tuple[Origin, str], ...]:
    return tuple((origin, zone) for origin in origins().values() for zone in origin.time_zones)


def _rounds(rng: Random, items: Sequence[ItemT]) -> Iterator[ItemT]:
    """Yield the items endlessly, in a new random order each round."""
    while True:
        yield from rng.sample(items, len(items))


def _chance(rng: Random, probability: float) -> bool:
    return rng.random() < probability


def _name(rng: Random, origin: Origin) -> str:
    return f"{_skewed_choice(rng, origin.given_names)} {_skewed_choice(rng, origin.family_names)}"


def _skewed_choice(rng: Random, words: Sequence[str]) -> str:
    """Return a random word; words near the start of the list are more likely."""
    return words[int(len(words) * rng.random() ** 1.35)]


def _unique_slug(counts: Counter[str], name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_TRANSLITERATION))
    ascii_name = "".join(letter for letter in folded if letter.isascii() and letter != "'")
    slug = "-".join(ascii_name.split())
    counts[slug] += 1
    return slug if counts[slug] == 1 else f"{slug}-{counts[slug]}"


def _languages(rng: Random, origin: Origin) -> tuple[str, ...]:
    mother_tongue, *others = origin.native_languages
    spoken = [mother_tongue, *(language for language in others if _chance(rng, 0.6))]
    if "English" not in spoken and _chance(rng, 0.93):
        spoken.append("English")
    learnable = [language for language in origin.learned_languages if language not in spoken]
    learnt = rng.sample(learnable, min(len(learnable), rng.choice((0, 0, 0, 1, 1, 2))))
    return tuple([*spoken, *learnt][:4])


def _bio(
    rng: Random,
    texts: CategoryTexts,
    *,
    title: str,
    topics: tuple[str, ...],
    years: int,
    languages: tuple[str, ...],
    zone: str,
) -> str:
    phrases = biography()
    a, b, c = rng.sample(topics, 3)
    opening = rng.choice(phrases.openings).format(
        title=_with_article(title), years=years, career=rng.choice(texts.careers)
    )
    sentences = [opening, rng.choice(phrases.subjects).format(a=a, b=b, c=c)]
    if _chance(rng, 0.7):
        sentences.append(rng.choice(phrases.methods))
    if _chance(rng, 0.6):
        place = phrases.places.get(zone) or "in " + zone.rpartition("/")[2].replace("_", " ")
        closing = rng.choice(phrases.closings)
        sentences.append(closing.format(place=place, languages=_alternatives(languages)))
    return " ".join(sentences)


def _with_article(title: str) -> str:
    words = [word if word[1:] != word[1:].lower() else word.lower() for word in title.split()]
    first = words[0]
    # A word that still begins with a capital is an abbreviation, which is pronounced letter by
    # letter: "an SEO", "a UX".
    vowel = first[0] in ("AEFHILMNORSX" if first.isupper() else "aeio")
    return f"{'an' if vowel else 'a'} {' '.join(words)}"


def _alternatives(words: tuple[str, ...]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


def _week(rng: Random, zone: str, *, night_owl: bool) -> tuple[tuple[int, int, int], ...]:
    """Return the working hours of a week, as tuples of weekday, start and end in local minutes."""
    days = list(_WORKDAYS.get(zone, (0, 1, 2, 3, 4)))
    if night_owl:
        evening = _MIDNIGHT - 4 * 60
        return tuple(
            hours
            for day in days
            for hours in ((day, evening - 6 * 60, evening - 2 * 60), (day, evening, _MIDNIGHT))
        )
    start = rng.choice((480, 510, 510, 540, 540, 540, 570, 600))
    noon = start + rng.choice((180, 210, 240))
    back = noon + rng.choice((45, 60, 60, 90))
    end = back + rng.choice((180, 210, 240, 270))
    shape = rng.choices(("plain", "weekend", "evenings", "early Friday"), (60, 15, 15, 10))[0]
    if shape == "weekend":
        days.remove(rng.choice(days))
        days.append(_SATURDAY if _SATURDAY not in days else 4)
    closed_afternoon = max(days) if shape in {"evenings", "early Friday"} else None
    late_days = rng.sample(days[:-1], 2) if shape == "evenings" else []
    evening = max(end + 60, 18 * 60 + 30)
    hours = [(day, start, noon) for day in days]
    hours += [(day, back, end) for day in days if day != closed_afternoon]
    hours += [(day, evening, evening + 120) for day in late_days]
    return tuple(sorted(hours))


def _places(slug: str, zone: str) -> tuple[tuple[str, str | None], ...]:
    """Return the places of an expert's shorter and longer sessions.

    The places are drawn with a generator seeded by the slug, so that they do not affect the other
    random draws.
    """
    rng = Random(slug)  # noqa: S311 -- sample data, nothing secret
    city = zone.rpartition("/")[2].replace("_", " ")
    address = f"{rng.randrange(1, 120)} {rng.choice(biography().streets)}, {city}"
    number = _phone(rng, zone) if _chance(rng, 0.5) else None
    video, phone = ("VIDEO", f"https://meet.example.com/{slug}"), ("PHONE", number)
    shorter = rng.choices((video, phone), (70, 30))[0]
    return shorter, rng.choices((video, phone, ("IN_PERSON", address)), (50, 15, 35))[0]


def _former_sessions(years: int, popularity: float) -> int:
    return min(MAX_FORMER_SESSIONS, round(years * popularity / YEARS_PER_SESSION))


def _phone(rng: Random, zone: str) -> str:
    """Return a phone number from a range that a national regulator reserves for fiction."""
    if zone.startswith("America/"):
        return f"+1{rng.choice((212, 312, 415, 416, 604, 617))}55501{rng.randrange(100):02}"
    if zone.startswith("Australia/"):
        return f"+6125550{rng.randrange(10_000):04}"
    return f"+44207946{rng.randrange(1000):04}"

"""Sample people: plausible experts and clients, made from a seed and nothing else."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

from web.samples.texts import FIELDS, ORIGINS, Field, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CardT = TypeVar("CardT")


@dataclass(frozen=True, slots=True)
class SampleExpert:
    """An expert as the directory shows one; money in minor units, durations in minutes."""

    name: str
    slug: str
    email: str
    title: str
    category: str
    bio: str
    experience_years: int
    languages: tuple[str, ...]
    hourly_rate: int
    rating: float | None
    review_count: int
    time_zone: str
    offers: tuple[tuple[int, int], ...]  # (minutes, price), the shorter first
    weekly: tuple[tuple[int, int, int], ...]  # (weekday, from, to), local minutes of the day
    break_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    cancellation_notice_minutes: int
    confirms_automatically: bool


@dataclass(frozen=True, slots=True)
class SampleClient:
    """A client who books; `phone` is E.164, of a range reserved for fiction."""

    name: str
    email: str
    time_zone: str
    phone: str


SAMPLE_NOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "TECHNOLOGY": (
        "Our nightly import takes six hours and nobody dares to touch it. Where would you begin?",
        "We have two weeks to choose between two hosting offers; I will send both beforehand.",
        "Please be gentle: I run the shop and inherited the website.",
    ),
    "FINANCE": (
        "I am moving abroad in spring and would like to know what to settle before I go.",
        "First year as a freelancer. I have a shoebox of receipts and many questions.",
        "We are comparing two offers from our bank and understand neither.",
    ),
    "HEALTH": (
        "I work nights every other week and would like a routine that survives it.",
        "My knee is fine on the bicycle and not at all on stairs.",
        "A first conversation, to see whether this is for me.",
    ),
    "BUSINESS": (
        "We have grown from six people to twenty and everything still lands on my desk.",
        "I have to say no to our largest customer and would like to rehearse it.",
        "Could we go through our plan for next year? Two pages, attached to the invitation.",
    ),
    "LEGAL": (
        "I have been offered a settlement and must answer within ten days.",
        "Please look at one clause with me, the one about notice.",
        "We want to publish our library as open source and have used three others.",
    ),
    "DESIGN": (
        "Our sign-up form loses every second visitor. I can show you the recordings.",
        "I would like an honest opinion of my portfolio before I send it out.",
        "Forty square metres, three people and a piano.",
    ),
    "MARKETING": (
        "We launch in six weeks and have a budget for either search or posters.",
        "Our newsletter has readers but no replies. What are we doing wrong?",
        "I need a name for a bakery that does not contain the word crumb.",
    ),
    "EDUCATION": (
        "The examination is on the twelfth and my essays are always too long.",
        "For my daughter, who is fifteen; I will sit quietly in the corner.",
        "I would like to change fields at forty and do not know what to call it in my CV.",
    ),
}

_OPENINGS: Final = (
    "I have worked as {title} for {years} years, {past}.",
    "In {years} years as {title} I have worked {past}.",
    "For {years} years I have been {title}, {past}.",
    "I am {title} with {years} years of practice {past}.",
    "My {years} years as {title} were spent {past}.",
    "I became {title} {years} years ago and have since worked {past}.",
)
_SUBJECTS: Final = (
    "Most people come to me about {a} or {b}.",
    "Ask me about {a}, {b} or {c}.",
    "My favourite subjects are {a} and {b}.",
    "Much of my week goes into {a}, closely followed by {b}.",
    "Bring me your questions about {a}, and above all about {b}.",
    "Lately I am asked most about {a} and {b}, and now and then about {c}.",
    "People usually book me for advice on {a} or {b}.",
    "A session can be about {a}, {b} or both.",
)
_METHODS: Final = (
    "You leave with a written summary and three next steps.",
    "I listen for the first ten minutes, and then we work through your case.",
    "Send me what you have beforehand and I will have read it.",
    "I explain things plainly and say so when I do not know.",
    "No slides and no jargon: we look at your own example together.",
    "One session is often enough; when it is not, I tell you what the next one is for.",
    "I would rather give you one thing that works than ten that might.",
    "Beginners are as welcome as people who have heard it all before.",
    "We begin with what you have tried already.",
    "Expect honest answers and a little homework.",
    "I keep notes, so that a second session starts where the first one ended.",
    "If I am the wrong person for it, I will tell you who is the right one.",
)
_CLOSINGS: Final = (
    "We can talk in {languages}.",
    "Sessions are in {languages}.",
    "I live {place} and work in {languages}.",
    "I see clients everywhere from my desk {place}, in {languages}.",
)
_PLACES: Final = {
    "America/Bogota": "in Bogotá",
    "America/Sao_Paulo": "in São Paulo",
    "America/St_Johns": "in St John's",
    "Asia/Ho_Chi_Minh": "in Ho Chi Minh City",
    "Asia/Kolkata": "in India",
    "Atlantic/Canary": "on the Canary Islands",
    "Australia/Lord_Howe": "on Lord Howe Island",
    "Europe/Zurich": "in Zürich",
    "Pacific/Chatham": "on the Chatham Islands",
}
# Where the working week is not Monday to Friday.
_WORKDAYS: Final = {
    "Africa/Cairo": (0, 1, 2, 3, 6),
    "Asia/Jerusalem": (0, 1, 2, 3, 6),
    "Asia/Kathmandu": (0, 1, 2, 3, 6),
    "Asia/Tehran": (0, 1, 2, 5, 6),
}
_SATURDAY: Final = 5
_MIDNIGHT: Final = 24 * 60
_NIGHT_OWL_EVERY: Final = 60
# Letters that do not decompose into an ASCII letter and accents.
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "th"}  # noqa: RUF001 -- Turkish
)


def sample_experts(count: int, seed: int) -> Iterator[SampleExpert]:
    """Experts of every category and many zones; a longer list begins with the shorter one."""
    rng = Random(seed)  # noqa: S311 -- sample data, nothing secret
    homes = _shuffled(rng, _homes())
    fields = _shuffled(rng, FIELDS)
    slugs: Counter[str] = Counter()
    for index in range(count):
        origin, zone = next(homes)
        field = next(fields)
        name = _name(rng, origin)
        slug = _unique_slug(slugs, name)
        title, topics = rng.choice(field.titles)
        years = round(rng.triangular(2, 35, 8))
        languages = _languages(rng, origin)
        rate = round(field.base_rate * (1 + years / 40) * rng.uniform(0.85, 1.3) / 500) * 500
        reviewed = _likely(rng, 0.95)
        shortest = rng.choices((15, 30, 45, 60), (10, 55, 15, 20))[0]
        yield SampleExpert(
            name=name,
            slug=slug,
            email=f"{slug}@example.com",
            title=title,
            category=field.category,
            bio=_bio(
                rng,
                field,
                title=title,
                topics=topics,
                years=years,
                languages=languages,
                zone=zone,
            ),
            experience_years=years,
            languages=languages,
            hourly_rate=rate,
            rating=round(max(3.6, 5 - rng.expovariate(3)), 1) if reviewed else None,
            review_count=1 + min(600, round(years * rng.expovariate(1 / 8))) if reviewed else 0,
            time_zone=zone,
            offers=tuple(
                (minutes, round(rate * minutes / 6000) * 100)
                for minutes in (shortest, 2 * shortest)
            ),
            weekly=_week(rng, zone, night_owl=index % _NIGHT_OWL_EVERY == _NIGHT_OWL_EVERY // 2),
            break_minutes=rng.choices((0, 15, 30), (85, 10, 5))[0],
            minimum_notice_minutes=rng.choices((60, 120, 240, 720, 1440), (10, 65, 10, 5, 10))[0],
            horizon_days=90,
            cancellation_notice_minutes=rng.choices((0, 720, 1440, 2880), (8, 10, 72, 10))[0],
            confirms_automatically=_likely(rng, 0.75),
        )


def sample_clients(count: int, seed: int) -> Iterator[SampleClient]:
    """Clients from everywhere, whose addresses differ from those of all sample experts."""
    rng = Random(seed)  # noqa: S311 -- sample data, nothing secret
    homes = _shuffled(rng, _homes())
    slugs: Counter[str] = Counter()
    for _ in range(count):
        origin, zone = next(homes)
        name = _name(rng, origin)
        # An expert's address has hyphens in place of the dots.
        local_part = _unique_slug(slugs, name).replace("-", ".")
        yield SampleClient(name, f"{local_part}@example.com", zone, _phone(rng, zone))


def _homes() -> tuple[tuple[Origin, str], ...]:
    return tuple((origin, zone) for origin in ORIGINS for zone in origin.zones)


def _shuffled(rng: Random, cards: Sequence[CardT]) -> Iterator[CardT]:
    """Deal the cards in a random order, again and again: every card once in each round."""
    while True:
        yield from rng.sample(cards, len(cards))


def _likely(rng: Random, probability: float) -> bool:
    return rng.random() < probability


def _name(rng: Random, origin: Origin) -> str:
    return f"{_common(rng, origin.given)} {_common(rng, origin.family)}"


def _common(rng: Random, words: Sequence[str]) -> str:
    """One of the words, the earlier the likelier, as names are spread in life."""
    return words[int(len(words) * rng.random() ** 1.35)]


def _unique_slug(taken: Counter[str], name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    kept = "".join(letter for letter in folded if letter.isascii() and letter != "'")
    slug = "-".join(kept.split())
    taken[slug] += 1
    return slug if taken[slug] == 1 else f"{slug}-{taken[slug]}"


def _languages(rng: Random, origin: Origin) -> tuple[str, ...]:
    mother_tongue, *others = origin.native
    spoken = [mother_tongue, *(language for language in others if _likely(rng, 0.6))]
    if "English" not in spoken and _likely(rng, 0.93):
        spoken.append("English")
    learnable = [language for language in origin.learnt if language not in spoken]
    learnt = rng.sample(learnable, min(len(learnable), rng.choice((0, 0, 0, 1, 1, 2))))
    return tuple([*spoken, *learnt][:4])


def _bio(
    rng: Random,
    field: Field,
    *,
    title: str,
    topics: tuple[str, ...],
    years: int,
    languages: tuple[str, ...],
    zone: str,
) -> str:
    a, b, c = rng.sample(topics, 3)
    opening = rng.choice(_OPENINGS).format(
        title=_with_article(title), years=years, past=rng.choice(field.pasts)
    )
    sentences = [opening, rng.choice(_SUBJECTS).format(a=a, b=b, c=c)]
    if _likely(rng, 0.7):
        sentences.append(rng.choice(_METHODS))
    if _likely(rng, 0.6):
        place = _PLACES.get(zone) or "in " + zone.rpartition("/")[2].replace("_", " ")
        closing = rng.choice(_CLOSINGS)
        sentences.append(closing.format(place=place, languages=_either(languages)))
    return " ".join(sentences)


def _with_article(title: str) -> str:
    words = [word if word[1:] != word[1:].lower() else word.lower() for word in title.split()]
    first = words[0]
    # A capital at the front is an abbreviation's, read letter by letter: an SEO, a UX.
    vowel = first[0] in ("AEFHILMNORSX" if first.isupper() else "aeio")
    return f"{'an' if vowel else 'a'} {' '.join(words)}"


def _either(words: tuple[str, ...]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


def _week(rng: Random, zone: str, *, night_owl: bool) -> tuple[tuple[int, int, int], ...]:
    """Thirty to forty-two hours a week in ranges between meals, in minutes of the local day."""
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


def _phone(rng: Random, zone: str) -> str:
    """A number that its country's regulator reserves for films and books."""
    if zone.startswith("America/"):
        return f"+1{rng.choice((212, 312, 415, 416, 604, 617))}55501{rng.randrange(100):02}"
    if zone.startswith("Australia/"):
        return f"+6125550{rng.randrange(10_000):04}"
    return f"+44207946{rng.randrange(1000):04}"

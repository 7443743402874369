"""Names, categories and phrases of sample people and reviews, from the TOML files in `data`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tomllib import loads

from pydantic import TypeAdapter

DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Origin:
    """A region with its languages, time zones and names; see origins.toml."""

    native_languages: tuple[str, ...]
    learned_languages: tuple[str, ...]
    time_zones: tuple[str, ...]
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryTexts:
    """A category's prices, titles, careers and booking notes; see categories.toml."""

    base_rate: int
    careers: tuple[str, ...]
    notes: tuple[str, ...]
    titles: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BiographyTexts:
    """Sentence templates of a biography; see biography.toml."""

    openings: tuple[str, ...]
    subjects: tuple[str, ...]
    methods: tuple[str, ...]
    closings: tuple[str, ...]
    streets: tuple[str, ...]
    places: dict[str, str]


@dataclass(frozen=True, slots=True)
class ReviewTexts:
    """Sentence templates of reviews with the same number of stars; see reviews.toml."""

    openings: tuple[str, ...]
    details: tuple[str, ...]
    closings: tuple[str, ...]
    answers: tuple[str, ...]


@cache
def origins() -> dict[str, Origin]:
    """Return the origins, keyed by region and in the order of the file."""
    return TypeAdapter(dict[str, Origin]).validate_python(_read("origins.toml"))


@cache
def categories() -> dict[str, CategoryTexts]:
    """Return the texts of the categories, keyed by name and in the order of the file."""
    return TypeAdapter(dict[str, CategoryTexts]).validate_python(_read("categories.toml"))


@cache
def biography() -> BiographyTexts:
    """Return the sentence templates of biographies."""
    return TypeAdapter(BiographyTexts).validate_python(_read("biography.toml"))


@cache
def reviews() -> dict[int, ReviewTexts]:
    """Return the sentence templates of reviews, keyed by number of stars."""
    return TypeAdapter(dict[int, ReviewTexts]).validate_python(_read("reviews.toml"))


def _read(name: str) -> dict[str, object]:
    return loads((DATA / name).read_text("utf-8"))

"""Sample people are reproducible, unique where required, and varied."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from models.calendar.places import PlaceKind
from web.samples.people import SampleExpert, sample_clients, sample_experts
from web.samples.texts import categories

CATEGORIES = {
    *("TECHNOLOGY", "FINANCE", "HEALTH", "BUSINESS"),
    *("LEGAL", "DESIGN", "MARKETING", "EDUCATION"),
}
ZONES_OFF_THE_HOUR = {
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Yangon",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
}
MIDNIGHT = 24 * 60


@pytest.fixture(scope="module")
def experts() -> list[SampleExpert]:
    """Sample experts, as many as the load test has."""
    return list(sample_experts(2_000, seed=1))


def sessions(expert: SampleExpert) -> float:
    """Return how many of the shortest sessions fit in 90 days, including breaks."""
    minutes = expert.offers[0][0]
    # Slots start at multiples of the length, so a break makes the next start unusable.
    stride = -(-(minutes + expert.break_minutes) // minutes) * minutes
    return sum((to - start) // stride for _, start, to in expert.weekly) * 90 / 7


def grid_minutes(expert: SampleExpert) -> Iterator[int]:
    yield from (minutes for minutes, _ in expert.offers)
    for _, start, to in expert.weekly:
        yield from (start, to)
    yield expert.break_minutes


def test_equal_seeds_give_equal_people() -> None:
    assert list(sample_experts(50, seed=4)) == list(sample_experts(50, seed=4))
    assert list(sample_experts(50, seed=4)) != list(sample_experts(50, seed=5))
    assert list(sample_clients(50, seed=4)) == list(sample_clients(50, seed=4))


def test_longer_list_starts_with_the_shorter_one(experts: list[SampleExpert]) -> None:
    assert list(sample_experts(120, seed=1)) == experts[:120]
    assert list(sample_experts(0, seed=1)) == []


def test_slugs_and_email_addresses_are_unique(experts: list[SampleExpert]) -> None:
    slugs = {expert.slug for expert in experts}
    assert len(slugs) == 2_000
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", slug) for slug in slugs)
    emails = {expert.email for expert in experts}
    emails |= {client.email for client in sample_clients(2_000, seed=1)}
    assert len(emails) == 4_000
    assert all(email.endswith("@example.com") and email.isascii() for email in emails)


def test_biographies_are_unique_sentences(experts: list[SampleExpert]) -> None:
    assert len({expert.bio for expert in experts[:120]}) == 120
    assert len({expert.bio for expert in experts}) > 1_980
    assert all(2 <= len(re.findall(r"\.(?= |$)", expert.bio)) <= 4 for expert in experts)
    assert not [expert.bio for expert in experts if re.search(r"[{}]|  ", expert.bio)]


def test_categories_are_mixed_evenly(experts: list[SampleExpert]) -> None:
    """Each consecutive block of eight experts has one expert of each category."""
    assert {expert.category for expert in experts[:8]} == CATEGORIES
    assert Counter(expert.category for expert in experts) == dict.fromkeys(CATEGORIES, 250)
    assert categories().keys() == CATEGORIES


def test_first_experts_live_all_over_the_world(experts: list[SampleExpert]) -> None:
    zones = {expert.time_zone for expert in experts[:120]}
    assert zones >= ZONES_OFF_THE_HOUR
    assert {zone.partition("/")[0] for zone in zones} >= {"Africa", "America", "Asia", "Europe"}
    assert {ZoneInfo(zone).key for zone in zones} == zones


def test_hours_are_on_the_grid_sorted_and_disjoint(experts: list[SampleExpert]) -> None:
    for expert in experts:
        assert all(minutes % 15 == 0 for minutes in grid_minutes(expert))
        assert all(
            0 <= day <= 6 and 0 <= start < to <= MIDNIGHT for day, start, to in expert.weekly
        )
        assert all(
            earlier[0] < later[0] or earlier[2] < later[1]
            for earlier, later in pairwise(expert.weekly)
        )


def test_weekly_hours_differ(experts: list[SampleExpert]) -> None:
    """Some experts work until midnight, some work at weekends, and some start on the half hour."""
    first = experts[:120]
    owls = [expert for expert in first if any(to == MIDNIGHT for _, _, to in expert.weekly)]
    assert len(owls) == 2
    assert any(day == 5 for expert in first for day, _, _ in expert.weekly)
    assert any(start % 60 == 30 for expert in first for _, start, _ in expert.weekly)


@pytest.mark.parametrize("count", [120, 2_000])
def test_most_experts_offer_hundreds_of_sessions(experts: list[SampleExpert], count: int) -> None:
    """Most experts have more than 420 sessions in 90 days, and many have more than 600."""
    offered = sorted(sessions(expert) for expert in experts[:count])
    assert sum(amount > 420 for amount in offered) > 0.7 * count
    assert sum(amount > 600 for amount in offered) > 0.4 * count


def test_figures_are_plausible(experts: list[SampleExpert]) -> None:
    for expert in experts:
        (short, price), (long, double) = expert.offers
        assert long == 2 * short
        assert 0 < price < double
        assert expert.hourly_rate % 500 == 0
        assert 2 <= expert.experience_years <= 35
        assert 1 <= len(expert.languages) == len(set(expert.languages)) <= 4
        assert expert.quality is None or 3.6 <= expert.quality <= 5.0
        assert 0 <= expert.former_sessions <= (0 if expert.quality is None else 30)
    unrated = sum(expert.quality is None for expert in experts)
    assert 0.02 < unrated / len(experts) < 0.08
    assert sum("English" in expert.languages for expert in experts) > 0.9 * len(experts)


def test_sessions_take_place_at_every_kind_of_place(experts: list[SampleExpert]) -> None:
    """Only phone calls may lack details; the expert then calls the client."""
    places = [place for expert in experts for place in expert.places]
    counts = Counter(kind for kind, _ in places)
    assert min(counts[kind] for kind in PlaceKind) > len(places) / 20
    assert {kind for kind, details in places if not details} == {"PHONE"}


def test_some_names_are_common(experts: list[SampleExpert]) -> None:
    """At least four words occur each in the slugs of about one expert in 25."""
    words = Counter(word for expert in experts for word in expert.slug.split("-"))
    assert sum(50 <= amount <= 150 for amount in words.values()) >= 4
    assert len(words) > 700


def test_phone_numbers_are_valid() -> None:
    for client in sample_clients(300, seed=2):
        assert phonenumbers.is_possible_number(phonenumbers.parse(client.phone))
        assert client.phone.startswith(("+1", "+44207946", "+6125550"))

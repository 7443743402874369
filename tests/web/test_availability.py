"""The mutation setAvailability: stored rules, validation and permissions."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.deployments import UNKNOWN_IDS, hours, invalid_fields, offer
from tests.support.practices import SET, date_override, london_date

if TYPE_CHECKING:
    from tests.support.deployments import Deployment
    from tests.support.practices import Practice

ALL: dict[str, Any] = {
    "weekly": [
        hours("MONDAY", "09:00", "12:15"),
        hours("MONDAY", "12:15", "17:00"),
        hours("SUNDAY", "00:00", "24:00"),
    ],
    "overrides": [
        date_override(london_date(3)),
        date_override(london_date(400), ("09:00", "10:00"), ("23:45", "24:00")),
    ],
    "offers": [offer(480, 0), offer(15, 2_000)],
    "stepMinutes": 45,
    "breakMinutes": 240,
    "minimumNoticeMinutes": 43_200,
    "horizonDays": 372,
    "cancellationNoticeMinutes": 0,
    "confirmsAutomatically": False,
}
OTHER: dict[str, Any] = {
    "weekly": [],
    "overrides": [],
    "offers": [offer(60)],
    "stepMinutes": 60,
    "breakMinutes": 0,
    "minimumNoticeMinutes": 0,
    "horizonDays": 1,
    "cancellationNoticeMinutes": 43_200,
    "confirmsAutomatically": True,
}
TOMORROW, PAST = london_date(1), london_date(-2)


def fields(expert: dict[str, Any]) -> dict[str, Any]:
    """Return the expert's rules, keyed by the names of the input fields."""
    return {"offers": expert["offers"], **expert["availability"]}


async def test_every_field_is_set_and_read_back(practice: Practice) -> None:
    for number, wanted in enumerate((ALL, OTHER), 1):
        answer = await practice.set_availability(**wanted)
        assert answer["__typename"] == "AvailabilitySet"
        assert fields(answer["expert"]) == wanted
        assert answer["expert"]["sequence"] == number
        assert answer["expert"] == await practice.rules()


@pytest.mark.parametrize("name", ALL)
async def test_omitted_fields_are_unchanged(practice: Practice, name: str) -> None:
    await practice.set_availability(**ALL)
    answer = await practice.set_availability(**{name: OTHER[name]})
    assert fields(answer["expert"]) == ALL | {name: OTHER[name]}
    assert answer["expert"]["sequence"] == 2


async def test_null_leaves_every_field_unchanged(practice: Practice) -> None:
    await practice.set_availability(**ALL)
    answer = await practice.set_availability(**dict.fromkeys(ALL), stepMatchesSession=None)
    assert (fields(answer["expert"]), answer["expert"]["sequence"]) == (ALL, 1)


async def test_the_slot_step_can_match_the_session_length(practice: Practice) -> None:
    await practice.set_availability(**ALL)
    both = await practice.set_availability(stepMinutes=30, stepMatchesSession=True)
    assert invalid_fields(both) == ["stepMatchesSession"]
    answer = await practice.set_availability(stepMatchesSession=False)
    assert fields(answer["expert"]) == ALL
    answer = await practice.set_availability(stepMatchesSession=True)
    assert fields(answer["expert"]) == ALL | {"stepMinutes": None}


async def test_hours_are_sorted_and_offers_keep_their_order(practice: Practice) -> None:
    """The order of the offers matters, because the first offer is the default."""
    closed, special = ALL["overrides"]
    mixed = {
        "weekly": list(reversed(ALL["weekly"])),
        "overrides": [special | {"hours": list(reversed(special["hours"]))}, closed],
        "offers": [offer(15, 2_000), offer(480, 0)],
    }
    answer = await practice.set_availability(**mixed)
    found = fields(answer["expert"])
    assert {name: found[name] for name in mixed} == {
        "weekly": ALL["weekly"],
        "overrides": ALL["overrides"],
        "offers": mixed["offers"],
    }


async def test_setting_equal_rules_changes_nothing(practice: Practice) -> None:
    await practice.set_availability(**ALL)
    before = await practice.rules()
    past = [date_override(PAST, ("09:00", "10:00")), *ALL["overrides"]]
    again: list[dict[str, Any]] = [
        ALL,
        {},
        {"weekly": list(reversed(ALL["weekly"]))},
        {"overrides": past},
    ]
    for wanted in again:
        assert (await practice.set_availability(**wanted))["expert"] == before
    assert await practice.rules() == before


async def test_a_change_based_on_an_older_version_is_refused_and_changes_nothing(
    deployment: Deployment, practice: Practice
) -> None:
    version = await practice.version()
    first = await practice.set_availability(horizonDays=10, expectedVersion=version)
    assert first["__typename"] == "AvailabilitySet"
    assert await practice.version() == version + 1
    for by in (practice.expert.api, deployment.admin):
        for other in (version, version + 2):
            answer = await practice.set_availability(by, breakMinutes=15, expectedVersion=other)
            assert answer["code"] == "AVAILABILITY_CHANGED"
    assert await practice.rules() == first["expert"]
    for expected in (version + 1, None):
        wanted = {"breakMinutes": 15 if expected else 30, "expectedVersion": expected}
        assert (await practice.set_availability(**wanted))["__typename"] == "AvailabilitySet"


async def test_a_repeated_change_is_no_conflict(practice: Practice) -> None:
    wanted = {"horizonDays": 10, "expectedVersion": await practice.version()}
    first, again = [await practice.set_availability(**wanted) for _ in range(2)]
    assert first["__typename"] == "AvailabilitySet"
    assert again == first


async def test_only_one_of_several_concurrent_changes_to_the_same_version_succeeds(
    practice: Practice,
) -> None:
    version = await practice.version()
    answers = await asyncio.gather(
        *(
            practice.set_availability(horizonDays=days, expectedVersion=version)
            for days in range(10, 20)
        )
    )
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["AvailabilityChanged"] * 9 + ["AvailabilitySet"]
    assert await practice.version() == version + 1


async def test_past_overrides_are_dropped_and_do_not_count_towards_the_limit(
    practice: Practice,
) -> None:
    today = london_date(0)  # read once, because midnight may pass during the test
    days = [today + timedelta(days=number) for number in range(-9, 368)]
    past = [date_override(day, ("09:00", "10:00")) for day in days[:8]]
    *year, last = [date_override(day) for day in days[10:]]
    answer = await practice.set_availability(overrides=past + year)
    assert answer["expert"]["availability"]["overrides"] == year
    assert invalid_fields(await practice.set_availability(overrides=[*year, last])) == ["overrides"]
    assert (await practice.rules()) == answer["expert"]


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        ({"weekly": [hours("MONDAY", "09:00", "09:00")]}, ["weekly.0.to"]),
        ({"weekly": [hours("MONDAY", "17:00", "17:00")]}, ["weekly.0.to"]),
        ({"weekly": [hours("MONDAY", "24:00", "00:00")]}, ["weekly.0.from"]),
        ({"weekly": [hours("MONDAY", "09:10", "17:05")]}, ["weekly.0.from", "weekly.0.to"]),
        (
            {
                "weekly": [
                    hours("MONDAY", "09:00", "12:00"),
                    hours("TUESDAY", "11:00", "13:00"),
                    hours("MONDAY", "11:45", "13:00"),
                    hours("TUESDAY", "15:00", "15:00"),
                ]
            },
            ["weekly.2.from", "weekly.3.to"],
        ),
        ({"overrides": [date_override(TOMORROW, ("09:00", "09:00"))]}, ["overrides.0.hours.0.to"]),
        (
            {"overrides": [date_override(TOMORROW, ("09:01", "10:00"))]},
            ["overrides.0.hours.0.from"],
        ),
        (
            {
                "overrides": [
                    date_override(TOMORROW, ("09:00", "12:00"), ("10:00", "11:00")),
                    date_override(TOMORROW),
                ]
            },
            ["overrides.0.hours.1.from", "overrides.1.date"],
        ),
        ({"overrides": [date_override(PAST, ("09:00", "09:00"))]}, ["overrides.0.hours.0.to"]),
        ({"offers": []}, ["offers"]),
        ({"offers": [offer(15 * n) for n in range(1, 10)]}, ["offers"]),
        ({"offers": [offer(60), offer(60)]}, ["offers.1.minutes"]),
        *(({"offers": [offer(n)]}, ["offers.0.minutes"]) for n in (0, -15, 20, 495)),
        ({"offers": [offer(60, -1)]}, ["offers.0.price.amount"]),
        ({"offers": [offer(60, 1, "USD")]}, ["offers.0.price.currency"]),
        *(({"stepMinutes": n}, ["stepMinutes"]) for n in (0, -15, 10, 495)),
        *(({"breakMinutes": n}, ["breakMinutes"]) for n in (-15, 5, 255)),
        *(({"minimumNoticeMinutes": n}, ["minimumNoticeMinutes"]) for n in (-1, 43_201)),
        *(({"horizonDays": n}, ["horizonDays"]) for n in (0, -1, 373)),
        *(({"cancellationNoticeMinutes": n}, ["cancellationNoticeMinutes"]) for n in (-1, 43_201)),
    ],
    ids=str,
)
async def test_invalid_rules_are_refused_with_their_path_and_change_nothing(
    practice: Practice, wanted: dict[str, Any], refused: list[str]
) -> None:
    before = await practice.rules()
    assert (
        invalid_fields(await practice.set_availability(**wanted, confirmsAutomatically=False))
        == refused
    )
    assert await practice.rules() == before


async def test_all_problems_are_reported_in_the_order_of_the_input(practice: Practice) -> None:
    before = await practice.rules()
    answer = await practice.set_availability(
        cancellationNoticeMinutes=-1,
        horizonDays=0,
        minimumNoticeMinutes=-1,
        breakMinutes=1,
        stepMinutes=1,
        offers=[offer(10, -1)],
        overrides=[date_override(TOMORROW, ("10:00", "10:00"))],
        weekly=[hours("FRIDAY", "10:00", "10:00")],
    )
    assert invalid_fields(answer) == [
        *("weekly.0.to", "overrides.0.hours.0.to", "offers.0.minutes", "offers.0.price.amount"),
        *("stepMinutes", "breakMinutes", "minimumNoticeMinutes", "horizonDays"),
        "cancellationNoticeMinutes",
    ]
    assert await practice.rules() == before


async def test_only_the_expert_and_administrators_can_set_availability(
    deployment: Deployment, practice: Practice
) -> None:
    other, client = await deployment.expert(), await deployment.person()
    for number, (caller, expert_id) in enumerate(
        [
            (practice.expert.api, None),
            (practice.expert.api, practice.id),
            (deployment.admin, practice.id),
        ],
        1,
    ):
        wanted = {"expertId": expert_id, "horizonDays": 10 + number}
        answer = (await caller.ask(SET, input=wanted))["setAvailability"]
        assert answer["__typename"] == "AvailabilitySet"
        assert answer["expert"]["id"] == practice.id
        assert answer["expert"]["sequence"] == number
    before = await practice.rules()
    for caller in (other.api, client.api):
        # Permission is checked before the input is validated.
        for days in (20, 0):
            assert (await practice.set_availability(caller, horizonDays=days))[
                "code"
            ] == "NOT_ALLOWED"
    wanted = {"expertId": practice.id, "horizonDays": 20}
    assert await deployment.anonymous.error_code(SET, input=wanted) == "UNAUTHENTICATED"
    assert await practice.rules() == before


async def test_unknown_calendars_are_refused_like_other_peoples_calendars(
    deployment: Deployment,
) -> None:
    client = await deployment.person()
    for expert_id in (UNKNOWN_IDS["Expert"], UNKNOWN_IDS["User"], "nonsense", None):
        for caller in (deployment.admin, client.api):
            wanted = {"expertId": expert_id, "horizonDays": 20}
            answer = (await caller.ask(SET, input=wanted))["setAvailability"]
            assert answer["code"] == "NOT_ALLOWED"


async def test_expert_whose_role_became_client_cannot_set_availability(
    deployment: Deployment, practice: Practice
) -> None:
    await deployment.change(practice.expert.id, role="CLIENT")
    await deployment.login(practice.expert)
    for expert_id in (practice.id, None):
        assert (await practice.set_availability(expertId=expert_id, horizonDays=20))[
            "code"
        ] == "NOT_ALLOWED"
    answer = await practice.set_availability(deployment.admin, horizonDays=20)
    assert answer["expert"]["availability"]["horizonDays"] == 20

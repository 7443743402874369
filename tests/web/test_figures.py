"""Statistics of an expert's bookings, read through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.money import MAX_AMOUNT
from tests.support.deployments import offer
from tests.support.practices import Practice, london_date

if TYPE_CHECKING:
    from tests.support.deployments import Deployment

COUNTS = "booked perDay { booked }"
INCOME = "income { amount }"
FIGURES = """query ($id: ID!, $from: Date!, $to: Date!) {
  expert(id: $id) { figures(from: $from, to: $to) { %s } } }"""


async def test_booking_counts_can_be_read_even_if_the_income_is_too_large(
    deployment: Deployment,
) -> None:
    practice = await Practice.create(deployment)
    await practice.set_availability(offers=[offer(60, MAX_AMOUNT)])
    client = (await deployment.person()).api
    day = london_date(5)
    span = {"id": practice.id, "from": day.isoformat(), "to": day.isoformat()}
    await practice.book(client, day, "09:00")
    one = (await practice.expert.api.ask(FIGURES % INCOME, **span))["expert"]["figures"]
    assert one == {"income": {"amount": MAX_AMOUNT}}
    await practice.book(client, day, "11:00")
    two = (await practice.expert.api.ask(FIGURES % COUNTS, **span))["expert"]["figures"]
    assert two == {"booked": 2, "perDay": [{"booked": 2}]}
    for selected in (INCOME, f"perDay {{ {INCOME} }}"):
        refused = await practice.expert.api.error_code(FIGURES % selected, **span)
        assert refused == "BAD_USER_INPUT"

"""Reminders and review requests, sent by running servers to a mail server."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.bookings.outbox import Mail
from models.calendar.times import utc_now
from models.ids import new_id, object_id
from tests.support.readiness import eventually
from tests.support.reviewing import write

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.mailboxes import ReceivedMail
    from tests.support.paired_servers import TwoServers
    from tests.support.reviewing import ReviewedExpert

DAY = timedelta(days=1)
GERMAN = "mutation { updateProfile(input: {language: DE}) { __typename } }"
COMPLETE = "mutation ($id: ID!) { completeBooking(input: {bookingId: $id}) { __typename } }"


def received(here: TwoServers, email: str, word: str) -> list[ReceivedMail]:
    """Return the e-mails that were sent to `email` with the given word in the subject."""
    found = here.mailbox.mails_to(email)
    return [mail for mail in found if word in str(mail.message["Subject"])]


async def make_due(booking: str) -> None:
    """Set the stored reminder of a booking to be due now."""
    only = {"_id": object_id(booking, "Booking", "id")}
    await Mail.get_pymongo_collection().update_one(only, {"$set": {"due_at": utc_now()}})


async def test_the_client_is_reminded_twice_in_their_language(
    here: TwoServers, reviewed: ReviewedExpert
) -> None:
    """A reminder repeats the content of the e-mail about the booking, but has no calendar entry."""
    client, email = await here.new_account()
    await client.ask(GERMAN)
    booking = await reviewed.booking(client)
    reminder = await Mail.get(object_id(booking, "Booking", "id"))
    assert reminder

    async def read() -> list[ReceivedMail]:
        return received(here, email, "Erinnerung: Grace Hopper")

    async def stored() -> Mail | None:
        return await Mail.get(reminder.id)

    await make_due(booking)
    await eventually(read, lambda found: len(found) == 1)
    # The e-mail arrives a moment before the mail worker records that it was sent.
    await eventually(stored, lambda row: row.repeats == [])
    await make_due(booking)
    mails = await eventually(read, lambda found: len(found) == 2)
    assert len({mail.id for mail in mails}) == 2
    for mail in mails:
        assert mail.calendar_bytes == b""
        assert "Ihr Termin beginnt bald." in mail.text
        assert "Wann" in mail.text
        assert "absagen" in mail.text
        assert f"https://book.example.com/bookings/{booking}" in mail.html
    assert received(here, reviewed.expert.email, "Reminder") == []


async def test_reminder_of_a_cancelled_booking_is_not_sent(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    """Cancelling deletes the reminder; a mail worker that has already claimed it sends nothing."""
    booking = await reviewed.booking(reviewer)
    key = object_id(booking, "Booking", "id")
    claimed = await Mail.get(key)
    assert claimed
    await here.there(reviewed.expert.api).cancel(booking)
    assert await Mail.get(key) is None
    claimed.due_at = utc_now()
    await claimed.insert()  # as if a worker still had the reminder

    async def read() -> Any:
        found = await Mail.get(key)
        return found and found.state

    await eventually(read, lambda state: state == "SENT")
    assert claimed.occasion
    viewer = (await reviewer.ask("{ viewer { email } }"))["viewer"]
    assert received(here, viewer["email"], "Reminder") == []
    await claimed.delete()


async def test_client_is_asked_once_to_review_a_completed_session(
    here: TwoServers, reviewed: ReviewedExpert
) -> None:
    """The e-mail links to the booking's page; it is not sent once a review has been written."""
    client, email = await here.new_account()
    asked = await reviewed.completed(client)
    key = object_id(asked, "Booking", "id")
    row = await reviewed.stored["bookings"].find_one({"_id": key})
    assert row
    begun = {"status": "CONFIRMED", "history": row["history"][:1]}
    only = {"_id": key, "expert_id": row["expert_id"]}
    await reviewed.stored["bookings"].update_one(only, {"$set": begun})
    done = await reviewed.expert.api.ask(COMPLETE, id=asked)
    assert done["completeBooking"]["__typename"] == "Booking"

    async def read() -> list[ReceivedMail]:
        return received(here, email, "How was it? Grace Hopper")

    [mail] = await eventually(read, bool)
    assert "How was your session?" in mail.text
    assert "You can write a review until" in " ".join(mail.text.split())
    link = f"https://book.example.com/bookings/{asked}"
    assert f"Write a review: {link}" in mail.text
    assert link in mail.html
    assert mail.calendar_bytes == b""
    assert received(here, reviewed.expert.email, "How was it") == []
    await write(client, asked)
    sent = await Mail.find_one({"kind": "COMPLETED", "occasion.booking_id": key})
    assert sent
    fresh = {"id": new_id(), "to": ["CLIENT"], "state": "WAITING", "sent_at": None}
    again = sent.model_copy(update={**fresh, "due_at": utc_now()})
    await again.insert()

    async def state() -> Any:
        found = await Mail.get(again.id)
        return found and found.state

    await eventually(state, lambda found: found == "SENT")
    assert len(await read()) == 1

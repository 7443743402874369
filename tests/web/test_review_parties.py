"""Tests of e-mails about reviews, and of reviews when an account is exported or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.accounts.users import ERASED_NAME
from models.directory.reviews import Review
from models.ids import object_id
from tests.support.clients import PASSWORD
from tests.support.guests import known_code
from tests.support.readiness import eventually
from tests.support.reviewing import TEXT, answer, hide, write

if TYPE_CHECKING:
    from tests.support.paired_servers import TwoServers
    from tests.support.reviewing import ReviewedExpert

DELETE = "mutation ($code: String!) { deleteMyAccount(input: {code: $code}) { __typename } }"


async def test_both_parties_get_emails_about_reviews_in_their_own_language(
    here: TwoServers, reviewed: ReviewedExpert
) -> None:
    """The expert gets an e-mail about a new review, and both parties about a hidden review."""
    client, email = await here.new_account()
    await client.ask("mutation { updateProfile(input: {language: DE}) { __typename } }")
    booking = await reviewed.completed(client)
    review = (await write(client, booking, 2, "Zu schnell, zu teuer.\nSchade."))["id"]

    def mails(to: str, word: str) -> list[Any]:
        found = here.mailbox.mails_to(to)
        return [mail for mail in found if word in str(mail.message["Subject"])]

    async def of_expert() -> list[Any]:
        return mails(reviewed.expert.email, "New review")

    [mail] = await eventually(of_expert, bool)
    assert "2 of 5 stars" in mail.text
    assert "> Zu schnell, zu teuer.\n" in mail.text
    assert "Schade." in mail.html
    assert mail.calendar_bytes == b""
    await write(client, booking, 3, "Zu schnell, zu teuer.")
    await hide(here.admin, review, "It is about the price alone.")

    async def of_hiding() -> list[Any]:
        return [*mails(email, "verborgen"), *mails(reviewed.expert.email, "Review hidden")]

    to_client, to_expert = await eventually(of_hiding, lambda found: len(found) == 2)
    for hiding in (to_client, to_expert):
        assert "It is about the price alone." in hiding.text
        assert "Zu schnell" not in hiding.text
    assert "Die Verwaltung hat Ihre Bewertung verborgen." in to_client.text
    assert len(mails(reviewed.expert.email, "New review")) == 1


async def test_reviews_are_exported_and_stay_without_personal_data(
    here: TwoServers, reviewed: ReviewedExpert
) -> None:
    """A deleted author's name and a deleted expert's answer are erased; text and rating stay.

    The expert's export does not name the author.
    """
    client, email = await here.new_account()
    await client.ask('mutation { updateProfile(input: {name: "Ada Secret"}) { __typename } }')
    booking = await reviewed.completed(client)
    review = (await write(client, booking, 4))["id"]
    await answer(reviewed.expert.api, review)
    exports = []
    for api in (client, reviewed.expert.api):
        path = (await api.ask("mutation { exportMyData }"))["exportMyData"]
        [own] = (await api.http.get(here.elsewhere + path)).json()["reviews"]
        exports.append((own["by_me"], own.get("author"), own["text"], own["rating"], own["answer"]))
    shown = (TEXT, 4, "Thank you!")
    assert exports == [(True, "Ada S.", *shown), (False, None, *shown)]
    await client.ask(DELETE, code=await known_code(email))

    async def read() -> Any:
        return (await reviewed.shown(elsewhere=True))["reviews"]["nodes"][0]["author"]

    assert await eventually(read, lambda author: author != "Ada S.") == ERASED_NAME
    found = await reviewed.shown(elsewhere=True)
    assert (found["rating"], found["reviews"]["nodes"][0]["text"]) == (4, TEXT)
    assert found["reviews"]["nodes"][0]["answer"] == "Thank you!"
    await reviewed.expert.api.ask(DELETE, code=PASSWORD)

    async def read_stored() -> Any:
        return await Review.get(object_id(review, "Review", "id"))

    erased = await eventually(read_stored, lambda found: found.answer is None)
    assert (erased.text, erased.author) == (TEXT, ERASED_NAME)

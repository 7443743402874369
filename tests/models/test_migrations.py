"""Tests of the migrations that convert data stored by version 0.1."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from models.accounts.users import User
from models.bookings.booking import Booking, Contact, search_words_of
from models.bookings.outbox import Mail, MailKind, MailState
from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.directory.experts import Category, Expert, expert_by_slug
from models.ids import new_id
from models.migrations import MIGRATIONS, migrate
from models.store.shared_state import SharedState
from tests.support.samples import NINE, NOW, booking, rules

if TYPE_CHECKING:
    from models.store.connection import Client


@pytest.fixture
async def unmigrated(database: Client) -> None:
    """Delete the record of applied migrations, so that `migrate` applies them again."""
    assert database is not None
    await SharedState.find({"_id": "migrations"}).delete()


pytestmark = pytest.mark.usefixtures("unmigrated")


def account(email: str, key: str) -> User:
    return User(name="Zoë", email=email, email_key=key, password_hash="!", created_at=utc_now())


def expert(name: str, slug: str) -> Expert:
    described: dict[str, Any] = {"title": "Poet", "category": Category.DESIGN, "bio": "Writes."}
    numbers = {"experience_years": 3, "hourly_rate": 5_000, "languages": ["Polish"]}
    return Expert(user_id=new_id(), name=name, slug=slug, **described, **numbers)


async def test_accounts_get_canonical_email_keys() -> None:
    user = await account("strauß@example.com", "strauss@example.com").insert()
    await migrate()
    assert (await User.get(user.id) or user).email_key == "strauß@example.com"
    found = await User.by_email("STRAUß@example.com")
    assert found is not None
    assert found.id == user.id
    await user.delete()


async def test_two_accounts_with_one_email_address_are_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = await account("zoë@example.com", "zoë@example.com").insert()
    second = await account("zoe\u0308@example.com", "zoe\u0308@example.com").insert()
    with caplog.at_level(logging.WARNING):
        await migrate()
    assert str(second.id) in caplog.text
    assert (await User.by_email("zoë@example.com") or second).id == first.id
    await first.delete()
    await second.delete()


async def test_experts_get_readable_slugs_and_keep_their_former_slugs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    experts = [
        await expert("Łukasz Wałęsa", "ukasz-waesa").insert(),
        await expert("Łukasz Wałęsa", "ukasz-waesa-2").insert(),
        await expert("李明", "expert-7").insert(),
    ]
    with caplog.at_level(logging.INFO):
        await migrate()
    assert "slugs, search terms and order of experts" in caplog.text
    slugs = [(await Expert.get(one.id) or one).slug for one in experts]
    assert slugs == ["lukasz-walesa", "lukasz-walesa-2", "li-ming"]
    for one, slug in zip(experts, slugs, strict=True):
        for spelled in (slug, slug.upper(), one.slug):
            found = await expert_by_slug(spelled)
            assert found is not None, spelled
            assert found.id == one.id
            assert "lukasz" in found.words or "li" in found.words
    for one in experts:
        await one.delete()


async def test_name_without_letters_loses_its_empty_slug_key() -> None:
    made = await expert("--", "expert-unnamed").insert()
    experts = Expert.get_pymongo_collection()
    await experts.update_one({"_id": made.id}, {"$set": {"slug_keys": ["", "expertunnamed"]}})
    await migrate()
    found = await Expert.get(made.id)
    assert found is not None
    assert found.slug_keys == ["expertunnamed"]
    await made.delete()


async def test_experts_get_search_words_instead_of_prefixes() -> None:
    """Version 0.1 stored and indexed every prefix of each word in an expert's name."""
    made = await expert("Ada Lovelace", "ada").insert()
    experts = Expert.get_pymongo_collection()
    former = {"$unset": {"words": "", "bio_words": ""}, "$set": {"terms": ["a", "ad", "ada"]}}
    await experts.update_one({"_id": made.id}, former)
    await experts.create_index("terms", name="search_by_rating")
    await migrate()
    found = await experts.find_one({"_id": made.id})
    assert found is not None
    assert found["words"] == ["ada", "lovelace", "poet", "polish", "pot"]
    assert found["bio_words"] == ["writes"]
    assert "terms" not in found
    assert "search_by_rating" not in await experts.index_information()
    await made.delete()


async def test_sample_ratings_without_reviews_are_removed(database: Client) -> None:
    """Only ratings that come from reviews are kept."""
    sample = database.get_default_database()["experts"]
    given = await Expert.find_one({"review_count": {"$gt": 0}})
    assert given
    former = await expert("Rated Sample", "rated-sample").update_search_fields().insert()
    rated = {"rating": 4.9, "review_count": 317, "by_rating": "049000000317"}
    await sample.update_one({"_id": former.id}, {"$set": rated, "$unset": {"rating_counts": ""}})
    await migrate()
    assert await Expert.get(former.id) == former
    assert (former.rating, former.review_count, former.rating_counts) == (None, 0, [0] * 5)
    assert await Expert.get(given.id) == given
    await former.delete()


async def test_contacts_in_bookings_get_canonical_email_keys() -> None:
    contact = Contact(name="Ada", email="Adá@example.com", phone="+442079460018")
    made = booking(NINE).model_copy(update={"contact": contact, "contact_key": "former"})
    await made.insert()
    await migrate()
    stored = await Booking.get(made.id)
    assert stored is not None
    assert stored.contact_key == "adá@example.com"
    await Booking.find({"_id": made.id, "expert_id": made.expert_id}).delete()


async def test_order_key_of_bookings_gets_its_new_field_name() -> None:
    """Version 0.1 called the order key `place`, which is now the name of another field."""
    made = await booking(NINE).update_order_key().insert()
    only = {"_id": made.id, "expert_id": made.expert_id}
    bookings = Booking.get_pymongo_collection()
    await bookings.update_one(only, {"$rename": {"order_key": "place"}})
    await bookings.create_index("place", name="all_by_place")
    await migrate()
    assert await bookings.find_one({**only, "order_key": made.order_key, "place": None})
    assert "all_by_place" not in await bookings.index_information()
    await Booking.find(only).delete()


async def test_bookings_and_experts_get_missing_derived_fields() -> None:
    contact = Contact(name="Łukasz", email="l@example.com", phone="+442079460018")
    made = booking(NINE)
    made.contact = contact
    hold = booking(NINE + 4)
    rows = [one.update_order_key() for one in (made, hold)]
    bookings, experts = Booking.get_pymongo_collection(), Expert.get_pymongo_collection()
    listed = await expert("Ada King", "ada-king-by-hand").insert()
    by_hand = Calendar(id=listed.id, rules=rules(confirms_automatically=False))
    await by_hand.insert()
    await experts.update_one({"_id": listed.id}, {"$unset": {"confirms_automatically": 1}})
    for row in rows:
        await row.insert()
        await bookings.update_one(
            {"_id": row.id, "expert_id": row.expert_id}, {"$unset": {"search_words": 1}}
        )
    await migrate()
    found = await Booking.get(made.id)
    assert found
    assert found.search_words == search_words_of(made.id, contact)
    assert {"lukasz", made.reference.replace("-", "").lower()} <= set(found.search_words)
    assert (await Booking.get(hold.id) or hold).search_words == []
    assert not (await Expert.get(listed.id) or listed).confirms_automatically
    for row in rows:
        await Booking.find({"_id": row.id, "expert_id": row.expert_id}).delete()
    await listed.delete()
    await by_hand.delete()


async def test_search_words_follow_the_current_folding_rules() -> None:
    """Earlier versions did not fold the Persian and Arabic forms of a letter into one."""
    contact = Contact(name="علی", email="a@example.com", phone="+442079460018")
    made = booking(NINE).model_copy(update={"contact": contact, "search_words": ["علی"]})
    await made.insert()
    user = await account("b@example.com", "b@example.com").insert()
    listed = await expert("علی", "ali").insert()
    await User.get_pymongo_collection().update_one(
        {"_id": user.id}, {"$set": {"name": "علی", "terms": ["علی"]}}
    )
    await Expert.get_pymongo_collection().update_one(
        {"_id": listed.id}, {"$set": {"words": ["علی"]}}
    )
    await migrate()
    assert "علي" in (await Booking.get(made.id) or made).search_words
    assert "علي" in (await User.get(user.id) or user).terms
    assert "علي" in (await Expert.get(listed.id) or listed).words
    await Booking.find({"_id": made.id, "expert_id": made.expert_id}).delete()
    await user.delete()
    await listed.delete()


async def test_failed_emails_without_a_failure_time_get_the_time_of_the_migration() -> None:
    """Version 0.1 stored no failure time; the migration adds it to failed e-mails only."""
    mails = [
        Mail(kind=MailKind.VERIFICATION, to=[], state=state, due_at=NOW, created_at=NOW)
        for state in MailState
    ]
    for mail in mails:
        await mail.insert()
    earlier = utc_now()
    await migrate()
    stored = {mail.state: await Mail.get(mail.id) or mail for mail in mails}
    failed_at = stored[MailState.FAILED].failed_at
    assert failed_at is not None
    assert earlier - timedelta(seconds=1) <= failed_at <= utc_now()
    assert stored[MailState.WAITING].failed_at is None
    assert stored[MailState.SENT].failed_at is None
    for mail in mails:
        await mail.delete()


async def test_each_migration_is_applied_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    applied = []

    async def change() -> int:
        applied.append(NOW)
        return 1

    monkeypatch.setitem(MIGRATIONS, "a change", change)
    await migrate()
    await migrate()
    assert len(applied) == 1

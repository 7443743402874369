"""Migrations: changes that a newer version makes to stored data, each applied once, at startup.

Migrations are idempotent: two processes may apply the same migration at the same time, and an
interrupted migration is applied again.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from models.accounts.emails import email_key
from models.accounts.users import User
from models.bookings.booking import Booking, BookingStatus, Contact, search_words_of
from models.bookings.outbox import LANES, Mail, MailKind, MailState, Party, snapshot
from models.bookings.reminders import DEFAULT_LEAD_TIMES, Reminders
from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.directory.administration import free_slug
from models.directory.experts import COPIED_RULES, Expert, copied_rules
from models.directory.ratings import MAX_STARS, rating_key
from models.directory.versions import increment_directory_version
from models.ids import Id, is_sample
from models.store.documents import stored
from models.store.shared_state import applied_migrations, insert_missing, record_migration
from models.text import slug_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta

log = logging.getLogger(__name__)
BATCH_SIZE: Final = 500


async def migrate(lead_times: Sequence[timedelta] = DEFAULT_LEAD_TIMES) -> None:
    """Apply migrations not yet applied to this database; log how many documents each has changed.

    Args:
        lead_times: times before a session at which its client is reminded.
    """
    applied = await applied_migrations()
    changes = MIGRATIONS | {REMINDERS: partial(_reminders, lead_times)}
    for name, change in changes.items():
        if name in applied:
            continue
        if changed := await change():
            log.info("Migrated stored data: %s (%d documents)", name, changed)
        await record_migration(name)


async def _canonical_emails() -> int:
    """Recompute the stored keys of e-mail addresses, which must be in canonical form."""
    changed = 0
    users = User.get_pymongo_collection()
    async for row in users.find({}, {"email": 1, "email_key": 1}):
        key = email_key(row["email"])
        if key == row["email_key"]:
            continue
        try:
            await users.update_one({"_id": row["_id"]}, {"$set": {"email_key": key}})
            changed += 1
        except DuplicateKeyError:
            log.warning(
                "The accounts %s and another one have the same e-mail address in two spellings; "
                "this one cannot sign in. Remove or correct one of them",
                row["_id"],
            )
    bookings = Booking.get_pymongo_collection()
    writes = []
    with_contact = {"contact_key": {"$type": "string"}}
    shown = {"expert_id": 1, "contact.email": 1, "contact_key": 1}
    async for row in bookings.find(with_contact, shown):
        key = email_key(row["contact"]["email"])
        if key != row["contact_key"]:
            only = {"_id": row["_id"], "expert_id": row["expert_id"]}
            writes.append(UpdateOne(only, {"$set": {"contact_key": key}}))
    return changed + await _write(Booking, writes)


async def _search_terms() -> int:
    """Recompute the search terms and order keys of accounts."""
    writes = []
    async for user in User.find_all():
        before = (user.terms, user.by_name)
        user.update_search_fields()
        if (user.terms, user.by_name) != before:
            fields = {"terms": user.terms, "by_name": user.by_name}
            writes.append(UpdateOne({"_id": user.id}, {"$set": fields}))
    return await _write(User, writes)


async def _slugs() -> int:
    """Replace slugs that lack letters of the expert's name, and recompute derived fields.

    URLs with the former slug still lead to the expert.
    """
    writes = []
    async for expert in Expert.find_all():
        before = expert.model_copy()
        former = _former_slug_of(expert.name)
        is_derived = re.fullmatch(f"{former}(-[0-9]+)?", expert.slug)
        if is_derived and former != (wanted := slug_of(expert.name)):
            expert.former_slugs = [*expert.former_slugs, expert.slug]
            expert.slug = await free_slug(wanted)
            # Write the slug before the next expert is read, so that an expert with the same name
            # gets another slug.
            fields: dict[str, Any] = {"slug": expert.slug, "former_slugs": expert.former_slugs}
            await Expert.get_pymongo_collection().update_one({"_id": expert.id}, {"$set": fields})
        expert.update_search_fields()
        if expert != before:
            fields = expert.model_dump(mode="json", include=DERIVED_FIELDS)
            writes.append(UpdateOne({"_id": expert.id}, {"$set": fields}))
    return await _write_experts(writes)


async def _expiry_of_failed_mails() -> int:
    """Set the time of failure of failed e-mails that lack it, so that these e-mails expire."""
    former = {"state": MailState.FAILED.value, "failed_at": None}
    failed_at = {"$set": {"failed_at": utc_now()}}
    return (await Mail.get_pymongo_collection().update_many(former, failed_at)).modified_count


async def _order_keys_of_bookings() -> int:
    """Rename the bookings' order key from `place` to `order_key`, and drop the old indexes."""
    bookings = Booking.get_pymongo_collection()
    former = {"place": {"$type": "string"}}
    writes = []
    async for row in bookings.find(former, {"expert_id": 1}):
        only = {"_id": row["_id"], "expert_id": row["expert_id"]}
        writes.append(UpdateOne(only, {"$rename": {"place": "order_key"}}))
    existing = await bookings.index_information()
    for name in ("client_by_place", "expert_by_place", "all_by_place"):
        if name in existing:
            await bookings.drop_index(name)
    return await _write(Booking, writes)


async def _words_of_experts() -> int:
    """Recompute derived fields of experts, and drop the former search terms and their index."""
    experts = Expert.get_pymongo_collection()
    writes = []
    async for expert in Expert.find_all():
        before = expert.model_dump(mode="json", include=DERIVED_FIELDS)
        fields = expert.update_search_fields().model_dump(mode="json", include=DERIVED_FIELDS)
        if fields != before:
            writes.append(UpdateOne({"_id": expert.id}, {"$set": fields}))
    await experts.update_many({"terms": {"$exists": True}}, {"$unset": {"terms": ""}})
    if "search_by_rating" in await experts.index_information():
        await experts.drop_index("search_by_rating")
    return await _write_experts(writes)


async def _write_experts(writes: list[UpdateOne]) -> int:
    changed = await _write(Expert, writes)
    if changed:
        await increment_directory_version(changed=None)
    return changed


async def _search_words_of_bookings() -> int:
    """Recompute the search words of bookings."""
    shown = {"expert_id": 1, "contact": 1, "search_words": 1}
    writes = []
    async for row in Booking.get_pymongo_collection().find({"contact": {"$ne": None}}, shown):
        found = search_words_of(Id(row["_id"]), Contact.model_validate(row["contact"]))
        if found != row.get("search_words"):
            only = {name: row.get(name) for name in ("_id", "expert_id", "search_words")}
            writes.append(UpdateOne(only, {"$set": {"search_words": found}}))
    return await _write(Booking, writes)


async def _all_search_words() -> int:
    """Recompute the search words of accounts, experts and bookings."""
    changes = (_search_terms, _words_of_experts, _search_words_of_bookings)
    return sum([await change() for change in changes])


async def _copied_rules_of_experts() -> int:
    """Copy rules from the experts' calendars to the experts that lack the copied fields."""
    former = {name: {"$exists": False} for name in COPIED_RULES}
    writes = []
    async for row in Expert.get_pymongo_collection().find(former, {"_id": 1}):
        if calendar := await Calendar.get(row["_id"]):
            fields = copied_rules(calendar.rules)
            writes.append(UpdateOne({"_id": row["_id"], **former}, {"$set": fields}))
    return await _write_experts(writes)


async def _ratings() -> int:
    """Set missing rating fields of experts to the values of an expert without reviews."""
    former = {"rating_counts": {"$exists": False}}
    writes = []
    async for row in Expert.get_pymongo_collection().find(former, {"_id": 1}):
        fields = {
            "rating_counts": [0] * MAX_STARS,
            "rating": None,
            "review_count": 0,
            "by_rating": rating_key(None, 0, row["_id"]),
        }
        writes.append(UpdateOne({"_id": row["_id"], **former}, {"$set": fields}))
    return await _write_experts(writes)


async def _index_of_holds() -> int:
    """Drop the index that allowed a client one hold per expert and treated offers as holds."""
    bookings = Booking.get_pymongo_collection()
    if "one_hold_per_client_and_expert" in await bookings.index_information():
        await bookings.drop_index("one_hold_per_client_and_expert")
    return 0


async def _lanes_of_mails() -> int:
    """Store the outbox lane of each e-mail, and drop the former index on the kind of e-mail."""
    outbox, changed = Mail.get_pymongo_collection(), 0
    for kind, lane in LANES.items():
        former = {"kind": kind.value, "lane": {"$exists": False}}
        changed += (await outbox.update_many(former, {"$set": {"lane": lane.value}})).modified_count
    if "due_by_state_and_kind" in await outbox.index_information():
        await outbox.drop_index("due_by_state_and_kind")
    return changed


async def _reminders(lead_times: Sequence[timedelta]) -> int:
    """Add reminders to upcoming bookings that earlier versions confirmed without reminders."""
    now, reminders = utc_now(), Reminders(lead_times)
    coming = {"status": BookingStatus.CONFIRMED.value, "starts_at": {"$gt": now}}
    async for booking in Booking.find(coming):
        if booking.contact and not is_sample(booking.client_id):
            mail = Mail(
                kind=MailKind.CONFIRMED,
                to=[Party.CLIENT],
                occasion=snapshot(booking),
                due_at=now,
                created_at=now,
            )
            reminders.add(mail, stored(mail))
    rows = [Mail.model_validate(row) for row in reminders.rows.values()]
    for first in range(0, len(rows), BATCH_SIZE):
        await insert_missing(rows[first : first + BATCH_SIZE])
    return len(rows)


async def _write(model: type[Booking | Expert | User], writes: list[UpdateOne]) -> int:
    for first in range(0, len(writes), BATCH_SIZE):
        batch = writes[first : first + BATCH_SIZE]
        await model.get_pymongo_collection().bulk_write(batch, ordered=False)
    return len(writes)


def _former_slug_of(name: str) -> str:
    """Return the slug that version 0.1 gave a name, without letters that have no ASCII form."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = decomposed.encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("-") or "expert"


DERIVED_FIELDS: Final = {"slug_keys", "words", "bio_words", "by_name", "language_keys"}
MIGRATIONS: Final[dict[str, Callable[[], Awaitable[int]]]] = {
    "keys of e-mail addresses": _canonical_emails,
    "search terms of accounts in every script": _search_terms,
    "slugs, search terms and order of experts": _slugs,
    "expiry of failed mails": _expiry_of_failed_mails,
    "order keys of bookings": _order_keys_of_bookings,
    "words of experts in every script": _words_of_experts,
    "search words of bookings in every script": _search_words_of_bookings,
    "copies of calendars' rules in the directory": _copied_rules_of_experts,
    "ratings of experts": _ratings,
    "index of holds": _index_of_holds,
    "lanes of mails": _lanes_of_mails,
    "search words in one form of Chinese": _all_search_words,
}
REMINDERS: Final = "reminders of coming bookings"

"""The shard keys in docs/operations.md are compatible with all indexes of the application.

In a sharded cluster, each shard checks only its own documents. Therefore a unique index, including
the index on `_id`, is enforced across shards only if it begins with the shard key.
https://www.mongodb.com/docs/manual/core/sharding-shard-key-indexes/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_origin

import pytest
from bson import ObjectId

from models.bookings.booking import Booking
from models.bookings.events import Event
from models.bookings.wait import Wait
from models.database import DOCUMENTS, _create_collections
from models.directory.reviews import Review
from models.ids import new_id
from tests.support.repository import ROOT

if TYPE_CHECKING:
    from models.store.connection import Client

COMMAND = r'sh\.shardCollection\("expertbook\.(\w+)", \{ (\w+): 1 \}\)'
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
SHARD_KEYS = dict(re.findall(COMMAND, OPERATIONS))
COLLECTIONS = {model.Settings.name: model for model in DOCUMENTS}

Index = dict[str, Any]


@pytest.fixture
async def indexes(database: Client) -> dict[str, list[Index]]:
    """The indexes that the application has created, keyed by collection name."""
    stored = database.get_default_database()
    found = {}
    for name in COLLECTIONS:
        information = await stored[name].index_information()
        found[name] = [{"name": index, **details} for index, details in information.items()]
    return found


def fields(index: Index) -> list[str]:
    """Return the names of an index's fields, in the index's order."""
    return [field for field, _ in index["key"]]


def unique(indexes: list[Index]) -> list[Index]:
    """Return the unique indexes, except for the index on `_id`."""
    return [index for index in indexes if index.get("unique") and fields(index) != ["_id"]]


def is_multikey(collection: str, index: Index) -> bool:
    """Return whether an index has a field whose values are lists."""
    known = COLLECTIONS[collection].model_fields
    return any(
        name in known and get_origin(known[name].annotation) is list for name in fields(index)
    )


def test_documented_shard_key_of_experts_data_is_the_expert() -> None:
    """Calendars are sharded by `_id`, because a calendar's `_id` is the expert's id."""
    by_expert = dict.fromkeys(("bookings", "events", "reviews", "waits"), "expert_id")
    assert {**by_expert, "calendars": "_id"} == SHARD_KEYS


async def test_unique_indexes_of_sharded_collections_begin_with_the_shard_key(
    indexes: dict[str, list[Index]],
) -> None:
    """Equal values of such an index are on one shard, which can detect the duplicates."""
    prefixes = {
        index["name"]: fields(index)[0]
        for collection in SHARD_KEYS
        for index in unique(indexes[collection])
    }
    assert prefixes == {
        "one_booking_per_cell": "expert_id",
        "one_hold_per_client_expert_and_wait": "expert_id",
        "one_event_per_number": "expert_id",
        "one_review_per_booking": "expert_id",
        "one_wait_per_number": "expert_id",
    }
    for collection, key in SHARD_KEYS.items():
        assert all(fields(index)[0] == key for index in unique(indexes[collection]))


async def test_each_shard_key_has_an_index_that_supports_it(
    indexes: dict[str, list[Index]],
) -> None:
    """MongoDB requires a full, non-multikey index that begins with the shard key."""
    for collection, key in SHARD_KEYS.items():
        assert any(
            fields(index)[0] == key
            and "partialFilterExpression" not in index
            and not is_multikey(collection, index)
            for index in indexes[collection]
        )


async def test_unique_indexes_of_unsharded_collections_are_documented(
    indexes: dict[str, list[Index]],
) -> None:
    """docs/operations.md names each unique index of a collection that is not sharded."""
    found = {
        index["name"]: collection
        for collection in COLLECTIONS.keys() - SHARD_KEYS.keys()
        for index in unique(indexes[collection])
    }
    assert found == {
        "one_account_per_email": "users",
        "one_expert_per_slug": "experts",
        "one_expert_per_user": "experts",
        "one_photo_per_expert": "photos",
    }
    assert all(f"`{name}`" in OPERATIONS for name in found)


def test_generated_ids_are_unique_where_no_index_enforces_uniqueness() -> None:
    """No index keeps `_id` unique across shards if a collection is sharded by another field."""
    for model in (Booking, Event, Review, Wait):
        assert SHARD_KEYS[model.Settings.name] != "_id"
        assert model.model_fields["id"].default_factory is new_id
    assert isinstance(new_id(), ObjectId)
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_collections_with_meaningful_ids_are_not_sharded() -> None:
    """Their ids must be unique, and the index on `_id` enforces this only within one shard."""
    found = {name for name, model in COLLECTIONS.items() if "id" in model.__annotations__}
    expiring = {"requests", "links", "codes", "refresh_tokens", "attempts"}
    assert found == {*expiring, "settings", "writers"}
    assert found.isdisjoint(SHARD_KEYS)


async def test_all_collections_are_created_at_application_start(database: Client) -> None:
    """A transaction on several shards cannot create a collection, so all must already exist."""
    empty = database.get_database("created-at-start")
    for _ in range(2):
        await _create_collections(empty)
        assert set(await empty.list_collection_names()) == set(COLLECTIONS)
    await database.drop_database(empty)

"""What README.md says of a sharded cluster, held against every index that the program makes.

A cluster keeps an index unique only where it begins with the shard key: each shard looks at its
own documents alone. That goes for `_id`, too.
https://www.mongodb.com/docs/manual/core/sharding-shard-key-indexes/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_origin

import pytest
from bson import ObjectId

from models.bookings.booking import Booking
from models.bookings.events import Event
from models.database import DOCUMENTS
from models.ids import new_id
from tests.test_house import HOUSE

if TYPE_CHECKING:
    from models.store.connection import Client

COMMAND = r'sh\.shardCollection\("expertbook\.(\w+)", \{ (\w+): 1 \}\)'
README = (HOUSE / "README.md").read_text()
SHARD_KEYS = dict(re.findall(COMMAND, README))
COLLECTIONS = {model.Settings.name: model for model in DOCUMENTS}

Index = dict[str, Any]


@pytest.fixture
async def indexes(database: Client) -> dict[str, list[Index]]:
    """Every index that the program has made in a database, by collection."""
    stored = database.get_default_database()
    found = {}
    for name in COLLECTIONS:
        made = await stored[name].index_information()
        found[name] = [{"name": index, **details} for index, details in made.items()]
    return found


def fields(index: Index) -> list[str]:
    """The fields of an index, in their order."""
    return [field for field, _ in index["key"]]


def unique(indexes: list[Index]) -> list[Index]:
    """Those that must be the judge, beside that of `_id`."""
    return [index for index in indexes if index.get("unique") and fields(index) != ["_id"]]


def is_multikey(collection: str, index: Index) -> bool:
    """Whether one of an index's fields is a list."""
    known = COLLECTIONS[collection].model_fields
    return any(
        name in known and get_origin(known[name].annotation) is list for name in fields(index)
    )


def test_the_page_shards_what_grows_with_the_bookings() -> None:
    """By the expert; a calendar's `_id` is the expert's."""
    assert SHARD_KEYS == {"bookings": "expert_id", "events": "expert_id", "calendars": "_id"}


async def test_unique_indexes_of_sharded_collections_begin_with_the_shard_key(
    indexes: dict[str, list[Index]],
) -> None:
    """So a shard that sees one expert's documents sees all that could collide."""
    judges = {
        index["name"]: fields(index)[0]
        for collection in SHARD_KEYS
        for index in unique(indexes[collection])
    }
    assert judges == {
        "one_booking_per_cell": "expert_id",
        "one_hold_per_client_and_expert": "expert_id",
        "one_event_per_number": "expert_id",
    }
    for collection, key in SHARD_KEYS.items():
        assert all(fields(index)[0] == key for index in unique(indexes[collection]))


async def test_each_shard_key_has_an_index_that_supports_it(
    indexes: dict[str, list[Index]],
) -> None:
    """One that begins with it and is neither partial nor multikey, or a cluster refuses."""
    for collection, key in SHARD_KEYS.items():
        assert any(
            fields(index)[0] == key
            and "partialFilterExpression" not in index
            and not is_multikey(collection, index)
            for index in indexes[collection]
        )


async def test_the_others_have_unique_indexes_that_forbid_it(
    indexes: dict[str, list[Index]],
) -> None:
    """The page names each of them."""
    forbidding = {
        index["name"]: collection
        for collection in COLLECTIONS.keys() - SHARD_KEYS.keys()
        for index in unique(indexes[collection])
    }
    assert forbidding == {
        "one_account_per_email": "users",
        "one_expert_per_slug": "experts",
        "one_expert_per_user": "experts",
    }
    assert all(f"`{name}`" in README for name in forbidding)


def test_ids_that_no_index_of_a_cluster_judges_are_unique_as_they_are_made() -> None:
    """Of bookings and events, which are not sharded by `_id`: ObjectIds, made by the program."""
    for model in (Booking, Event):
        assert SHARD_KEYS[model.Settings.name] != "_id"
        assert model.model_fields["id"].default_factory is new_id
    assert isinstance(new_id(), ObjectId)
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_ids_that_are_made_of_what_they_stand_for_stay_on_one_shard() -> None:
    """Where `_id` is the judge it is the shard key, or the collection is not sharded."""
    judged = {name for name, model in COLLECTIONS.items() if "id" in model.__annotations__}
    assert judged == {"requests", "links", "settings", "refresh_tokens", "attempts", "writers"}
    assert judged.isdisjoint(SHARD_KEYS)

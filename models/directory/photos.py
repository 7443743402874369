"""Photos of experts, stored in the database so that every process can serve them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from pymongo import ASCENDING, IndexModel

from models.accounts.users import User
from models.directory.experts import Expert
from models.directory.versions import increment_directory_version
from models.errors import NotAllowed
from models.ids import Id
from models.store.documents import Record, or_unavailable
from models.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from pymongo.asynchronous.client_session import AsyncClientSession

HASH_CHARS = 32


class Photo(Record):
    """An expert's photo; `hash` is the beginning of the content's SHA-256 hash."""

    expert_id: Id
    hash: str
    content: bytes

    class Settings:
        """Two experts may have the same photo, so the index of hashes is not unique."""

        name = "photos"
        indexes = (
            IndexModel([("expert_id", ASCENDING)], unique=True, name="one_photo_per_expert"),
            IndexModel([("hash", ASCENDING)], name="photos_by_hash"),
        )


async def photo_content(hash_: str) -> bytes | None:
    """Return the content of the photo with the given hash, or None.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        photo = await Photo.find_one({"hash": hash_})
    return photo.content if photo else None


async def set_photo(expert_id: Id, content: bytes | None) -> Expert:
    """Replace an expert's photo, or remove it if `content` is None, in one transaction.

    If a ledger changes the expert's directory entry at the same time, the ledger's commit fails,
    and the ledger decides the commands of this commit again.

    Returns:
        The expert with the new photo, or without a photo.

    Raises:
        NotAllowed: if the expert does not exist, or if a photo is given for a closed account.
        Unavailable: if the database does not respond.
    """
    hash_ = None if content is None else sha256(content).hexdigest()[:HASH_CHARS]

    async def write(session: AsyncClientSession) -> Expert:
        expert = await Expert.get(expert_id, session=session)
        owner = await User.find_one({"expert_id": expert_id}, session=session)
        is_closed = owner is None or owner.closed_at or owner.erased_at
        if expert is None or (is_closed and content is not None):
            raise NotAllowed
        experts, photos = Expert.get_pymongo_collection(), Photo.get_pymongo_collection()
        # Write the directory entry first, so that concurrent changes of the photo conflict at once.
        await experts.update_one({"_id": expert_id}, {"$set": {"photo": hash_}}, session=session)
        await photos.delete_many({"expert_id": expert_id}, session=session)
        if content is not None and hash_ is not None:
            photo = Photo(expert_id=expert_id, hash=hash_, content=content)
            await photo.insert(session=session)
        await increment_directory_version(session, changed=expert_id)
        changed: Expert = expert.model_copy(update={"photo": hash_})
        return changed

    with or_unavailable():
        return await run_in_transaction(Expert, write)

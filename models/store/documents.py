"""Base classes of stored documents, and the conversion of driver errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from beanie import Document
from pydantic import BaseModel, ConfigDict, Field
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from models.errors import Unavailable
from models.ids import Id, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.asynchronous.collection import AsyncCollection


class Part(BaseModel):
    """Immutable value embedded in a stored document."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Record(Document):
    """Base class of stored documents; the id is assigned before the document is written."""

    id: Id = Field(default_factory=new_id)

    model_config = ConfigDict(extra="ignore")

    if not TYPE_CHECKING:
        # Skip Beanie's check of every attribute access, which is only for lazily parsed fields.
        __getattribute__ = object.__getattribute__


def stored(document: BaseModel) -> dict[str, Any]:
    """Return a document, or a value embedded in one, in the form that the driver stores."""
    return document.model_dump(by_alias=True)


def at_one_moment(document: type[Document]) -> AsyncCollection[dict[str, Any]]:
    """Return a document class's collection, each read of which shows one moment's documents.

    With other read concerns, a scan yields to writes and may miss a document that a write moves
    within the index.
    Source: https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/
    """
    return document.get_pymongo_collection().with_options(read_concern=ReadConcern("snapshot"))


@contextmanager
def or_unavailable() -> Iterator[None]:
    """Convert driver errors to `Unavailable`.

    Raises:
        Unavailable: if the database does not respond, or if it reports an error.
    """
    try:
        yield
    except PyMongoError as error:
        raise Unavailable("The database did not answer. Please try again.") from error

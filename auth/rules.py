"""Relations of viewers to objects, and access rules based on these relations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """A relation of a viewer to an object; a viewer can have several relations to one object."""

    ANYONE = "ANYONE"
    SIGNED_IN = "SIGNED_IN"
    """The viewer has a session, either of an account or as a guest."""
    ACCOUNT = "ACCOUNT"
    """The viewer is signed in to an account, and is not a guest."""
    OWNER = "OWNER"
    """The viewer owns the account."""
    CLIENT = "CLIENT"
    """The viewer made the booking."""
    EXPERT = "EXPERT"
    """The viewer is the expert of the directory entry, calendar or booking."""
    PARTY = "PARTY"
    """The viewer may see a booking that refers to the account."""
    ADMIN = "ADMIN"


Relations = frozenset[Relation]


class Decision(StrEnum):
    """The outcome of an access rule: access is allowed, or is denied in one of several ways."""

    ALLOWED = "ALLOWED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_ALLOWED = "NOT_ALLOWED"
    VERIFICATION_NEEDED = "VERIFICATION_NEEDED"
    NULL = "NULL"


@dataclass(frozen=True, slots=True)
class Rule:
    """An access rule: the relations that give access, and the decision for all other viewers."""

    allowed: Relations
    denial: Decision = Decision.FORBIDDEN

    def decide(self, relations: Relations) -> Decision:
        """Return the decision for a viewer with the given relations to the object."""
        if self.allowed & relations:
            return Decision.ALLOWED
        if self.denial is Decision.NULL or Relation.SIGNED_IN in relations:
            return self.denial
        return Decision.UNAUTHENTICATED

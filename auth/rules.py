"""Relations of viewers to objects, and access rules based on these relations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """A relation of a viewer to an object; a viewer can have several."""

    ANYONE = "ANYONE"
    SIGNED_IN = "SIGNED_IN"
    """The viewer has a session; guests have one, too."""
    ACCOUNT = "ACCOUNT"
    """The viewer is signed in to an account, not a guest."""
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
    """The outcome of a rule: access, or how access is denied."""

    ALLOWED = "ALLOWED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_ALLOWED = "NOT_ALLOWED"
    VERIFICATION_NEEDED = "VERIFICATION_NEEDED"
    NULL = "NULL"


@dataclass(frozen=True, slots=True)
class Rule:
    """The relations that give access, and the decision for all other viewers."""

    allowed: Relations
    denial: Decision = Decision.FORBIDDEN

    def decide(self, relations: Relations) -> Decision:
        """Return the decision for a viewer with the given relations to the object."""
        if self.allowed & relations:
            return Decision.ALLOWED
        if self.denial is Decision.NULL or Relation.SIGNED_IN in relations:
            return self.denial
        return Decision.UNAUTHENTICATED

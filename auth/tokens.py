"""Access tokens: signed JWTs (RFC 7519) that name an account and its session for a bounded time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import jwt

from models.errors import Unauthenticated
from models.ids import Id

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHM = "HS256"
ISSUER = "expertbook"
AUDIENCE = "expertbook"
KIND = "access"
CLAIMS = ["sub", "sid", "iss", "aud", "iat", "exp", "typ"]
LONGEST_TOKEN = 2_048


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is handed out."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    user_id: Id
    session_id: Id
    expires_at: datetime


class Tokens:
    """Makes and reads access tokens.

    The first secret signs; all of them are accepted, so that one can be replaced while the tokens
    of the old one run out (`kid`, RFC 7515, 4.1.4). Each key is derived from its secret.
    """

    def __init__(self, secrets: Sequence[str], lifetime: timedelta) -> None:
        keys = [
            sha256(b"expertbook access tokens\0" + secret.encode()).digest() for secret in secrets
        ]
        self._keys = {sha256(key).hexdigest()[:8]: key for key in keys}
        self._current = next(iter(self._keys))
        self._lifetime = lifetime

    def issue(self, user_id: Id, session_id: Id, now: datetime) -> AccessToken:
        """A new token for a session of an account."""
        issued_at = now.replace(microsecond=0)
        expires_at = issued_at + self._lifetime
        claims = {
            "sub": str(user_id),
            "sid": str(session_id),
            "iss": ISSUER,
            "aud": AUDIENCE,
            "typ": KIND,
            "iat": issued_at,
            "exp": expires_at,
        }
        key, headers = self._keys[self._current], {"kid": self._current}
        return AccessToken(jwt.encode(claims, key, ALGORITHM, headers), expires_at)

    def read(self, token: str) -> Claims:
        """What a token says.

        Raises:
            Unauthenticated: for one that is not ours, not for this, or past its end.
        """
        try:
            claims = jwt.decode(
                token[:LONGEST_TOKEN],
                self._key(token[:LONGEST_TOKEN]),
                [ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": CLAIMS, "strict_aud": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired. Sign in again.") from error
        except jwt.PyJWTError as error:
            raise Unauthenticated("The access token is not valid.") from error
        user_id, session_id = claims["sub"], claims["sid"]
        if claims["typ"] != KIND or not (Id.is_valid(user_id) and Id.is_valid(session_id)):
            raise Unauthenticated("The access token is not valid.")
        return Claims(Id(user_id), Id(session_id), datetime.fromtimestamp(claims["exp"], UTC))

    def _key(self, token: str) -> bytes:
        """The key that the token names; nothing else in its header is believed."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise jwt.InvalidKeyError("no such key")
        return key

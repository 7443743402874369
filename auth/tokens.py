"""Access tokens: signed JWTs (RFC 7519) that name an account for a bounded time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import jwt

from models.errors import Unauthenticated
from models.ids import Id

ALGORITHM = "HS256"
ISSUER = "expertbook"
AUDIENCE = "expertbook"
KIND = "access"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is handed out."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    user_id: Id
    expires_at: datetime


class Tokens:
    """Makes and reads access tokens with one secret, from which it derives the key."""

    def __init__(self, secret: str, lifetime: timedelta) -> None:
        self._key = sha256(b"expertbook access tokens\0" + secret.encode()).digest()
        self._lifetime = lifetime

    def issue(self, user_id: Id, now: datetime) -> AccessToken:
        """A new token for an account."""
        issued_at = now.replace(microsecond=0)
        expires_at = issued_at + self._lifetime
        claims = {
            "sub": str(user_id),
            "iss": ISSUER,
            "aud": AUDIENCE,
            "typ": KIND,
            "iat": issued_at,
            "exp": expires_at,
        }
        return AccessToken(jwt.encode(claims, self._key, ALGORITHM), expires_at)

    def read(self, token: str) -> Claims:
        """What a token says.

        Raises:
            Unauthenticated: for one that is not ours, not for this, or past its end.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                [ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["sub", "iss", "aud", "iat", "exp", "typ"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired. Sign in again.") from error
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("The access token is not valid.") from error
        if claims["typ"] != KIND or not Id.is_valid(claims["sub"]):
            raise Unauthenticated("The access token is not valid.")
        return Claims(Id(claims["sub"]), datetime.fromtimestamp(claims["exp"], UTC))

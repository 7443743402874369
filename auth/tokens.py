"""Access tokens: short-lived signed JWTs (RFC 7519) that name an account and a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING

import jwt

from models.errors import Unauthenticated
from models.ids import Id

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHM = "HS256"
ISSUER = "expertbook"
AUDIENCE = "expertbook"
TYP = "access"
REQUIRED_CLAIMS = ["sub", "sid", "iss", "aud", "iat", "exp", "typ"]
MAX_TOKEN_CHARS = 2_048
JTI_BYTES = 9
"""Number of random bytes in a token, so that tokens issued in the same second differ."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An encoded access token and its expiry."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a valid access token."""

    user_id: Id
    session_id: Id
    expires_at: datetime


class Tokens:
    """Issues and verifies access tokens.

    To rotate secrets, put the new secret first: it signs new tokens, and tokens that were signed
    with any other secret in the list stay valid until they expire. Each token names its signing key
    in the header parameter `kid` (RFC 7515, 4.1.4).

    Args:
        secrets: the secrets from which the signing keys are derived; the first one signs new
            tokens.
        lifetime: how long a token is valid.
    """

    def __init__(self, secrets: Sequence[str], lifetime: timedelta) -> None:
        keys = [
            sha256(b"expertbook access tokens\0" + secret.encode()).digest() for secret in secrets
        ]
        self._keys = {sha256(key).hexdigest()[:8]: key for key in keys}
        self._current = next(iter(self._keys))
        self._lifetime = lifetime

    def issue(self, user_id: Id, session_id: Id, now: datetime) -> AccessToken:
        """Return a new access token for an account's session."""
        issued_at = now.replace(microsecond=0)
        expires_at = issued_at + self._lifetime
        claims = {
            "sub": str(user_id),
            "sid": str(session_id),
            "iss": ISSUER,
            "aud": AUDIENCE,
            "typ": TYP,
            "iat": issued_at,
            "exp": expires_at,
            "jti": token_urlsafe(JTI_BYTES),
        }
        key, headers = self._keys[self._current], {"kid": self._current}
        return AccessToken(jwt.encode(claims, key, ALGORITHM, headers), expires_at)

    def read(self, token: str) -> Claims:
        """Verify an access token and return its claims.

        Raises:
            Unauthenticated: if the token is invalid, expired or not an access token.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise Unauthenticated("The access token is not valid.")
        try:
            claims = jwt.decode(
                token,
                self._key(token),
                [ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": REQUIRED_CLAIMS, "strict_aud": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired. Sign in again.") from error
        except jwt.PyJWTError as error:
            raise Unauthenticated("The access token is not valid.") from error
        user_id, session_id = claims["sub"], claims["sid"]
        if claims["typ"] != TYP or not (Id.is_valid(user_id) and Id.is_valid(session_id)):
            raise Unauthenticated("The access token is not valid.")
        return Claims(Id(user_id), Id(session_id), datetime.fromtimestamp(claims["exp"], UTC))

    def _key(self, token: str) -> bytes:
        """Return the signing key that a token's `kid` names; other header fields are ignored."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise jwt.InvalidKeyError("unknown key id")
        return key

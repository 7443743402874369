"""Tests of access tokens: only tokens that this application signed are accepted."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest

from auth.tokens import AUDIENCE, ISSUER, Tokens
from models.errors import Unauthenticated
from models.ids import new_id

SECRET = "a secret of this test, long enough to be one"
NOW = datetime.now(UTC)
# The tokens are valid for a day, because they are created at import and the tests may run many
# minutes later.
DAY = timedelta(days=1)
USER, SESSION = new_id(), new_id()
TOKENS = Tokens([SECRET], DAY)
KEY = sha256(b"expertbook access tokens\0" + SECRET.encode()).digest()
KID = sha256(KEY).hexdigest()[:8]


def claims(**changes: object) -> dict[str, Any]:
    """Return the claims of a valid token with the given changes; None removes a claim."""
    ours = {
        "sub": str(USER),
        "sid": str(SESSION),
        "iss": ISSUER,
        "aud": AUDIENCE,
        "typ": "access",
        "iat": NOW,
        "exp": NOW + DAY,
    }
    return {name: value for name, value in (ours | changes).items() if value is not None}


def signed(
    payload: dict[str, Any], key: bytes = KEY, algorithm: str = "HS256", **headers: object
) -> str:
    """Return a token with the given claims, signed with the application's key by default."""
    return jwt.encode(payload, key, algorithm, {"kid": KID} | headers)


def part(value: object) -> str:
    """Return a value as a segment of a token: JSON text, encoded as base64url."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def tampered() -> str:
    """Return a token whose payload was changed to name another account."""
    head, _, signature = signed(claims()).split(".")
    body = claims(sub=str(new_id()), iat=int(NOW.timestamp()), exp=int((NOW + DAY).timestamp()))
    return f"{head}.{part(body)}.{signature}"


def unsigned(algorithm: str) -> str:
    """Return a token without a signature; its header names the given algorithm."""
    body = claims(iat=int(NOW.timestamp()), exp=int((NOW + DAY).timestamp()))
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': KID})}.{part(body)}."


def test_valid_token_names_its_account_and_session() -> None:
    issued = TOKENS.issue(USER, SESSION, NOW)
    read = TOKENS.read(issued.token)
    assert (read.user_id, read.session_id) == (USER, SESSION)
    assert read.expires_at == issued.expires_at
    assert issued.expires_at == NOW.replace(microsecond=0) + DAY
    assert TOKENS.read(signed(claims())).user_id == USER


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        "é" * 40,
        "x" * 100_000,
        unsigned("none"),
        unsigned("None"),
        unsigned("NONE"),
        unsigned("HS256"),
        tampered(),
        signed(claims(), b"another key of sufficient length, but not ours"),
        signed(claims(), SECRET.encode()),
        signed(claims(), KEY * 2, "HS384"),
        signed(claims(), KEY * 2, "HS512"),
        signed(claims(), kid="unknown"),
        signed(claims(), kid="../../../../dev/null"),
        signed(claims(), kid="' or '1'='1"),
        signed(claims(), kid=""),
        jwt.encode(claims(), KEY, "HS256"),
        signed(claims(), jku="https://example.com/keys", kid="x"),
        signed(claims(exp=NOW - timedelta(seconds=2))),
        signed(claims(iat=NOW + DAY, exp=NOW + 2 * DAY)),
        signed(claims(nbf=NOW + DAY, exp=NOW + 2 * DAY)),
        signed(claims(aud="another")),
        signed(claims(aud=[AUDIENCE, "another"])),
        signed(claims(iss="another")),
        signed(claims(typ="refresh")),
        signed(claims(typ=None)),
        signed(claims(sub=None)),
        signed(claims(sid=None)),
        signed(claims(exp=None)),
        signed(claims(iat=None)),
        signed(claims(sub="admin")),
        signed(claims(sid="")),
    ],
)
def test_invalid_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS.read(token)


def test_former_secret_verifies_but_does_not_sign() -> None:
    former = Tokens(["the former secret"], DAY).issue(USER, SESSION, NOW).token
    both = Tokens([SECRET, "the former secret"], DAY)
    assert both.read(former).user_id == USER
    issued = both.issue(USER, SESSION, NOW).token
    assert TOKENS.read(issued).session_id == SESSION
    assert issued != both.issue(USER, SESSION, NOW).token
    with pytest.raises(Unauthenticated):
        TOKENS.read(former)

"""Reads the access token from a header, or from where clients put it in `connection_init`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import regex

from models.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER: Final = "authorization"
TOKEN_NAMES: Final = frozenset({"authtoken", "token", "accesstoken"})
"""Parameter names for a token that may lack `Bearer`; in lower case, without "-" and "_"."""

_SEPARATORS: Final = str.maketrans("", "", "-_")
_TOKEN: Final = regex.compile(r"bearer\s.+|eyJ[\w-]+\.[\w-]+\.[\w-]+", regex.IGNORECASE)
"""Pattern of an Authorization header's value, or of a JWT (RFC 7519)."""

MISPLACED: Final = "Send the token as `Authorization` in the payload of connection_init."


def with_token(authorization: str | None) -> str | None:
    """Return an Authorization header's value, or None if it contains no token.

    Clients whose token is not set send only the scheme, as in "Bearer ".
    """
    is_empty = authorization is None or authorization.strip().lower() in {"", "bearer"}
    return None if is_empty else authorization


def authorization_of(payload: object) -> str | None:
    """Return the Authorization header's value in the payload of `connection_init`, or None.

    The header may be an entry of the payload itself, of its `headers` or of its `context.headers`.
    The header's value may be wrapped in a list, and the headers may be a list of name-value pairs.
    In the payload itself, `authToken`, `accessToken` or `token` may contain the token without
    `Bearer`. Names are case-insensitive.

    Raises:
        Unauthenticated: if any other part of the payload looks like a token.
    """
    if not isinstance(payload, dict):
        return None
    context = payload.get("context")
    within = context.get("headers") if isinstance(context, dict) else None
    for parameters in (payload, payload.get("headers"), within):
        for name, value in _entries(parameters):
            if name == HEADER and with_token(value):
                return value
    for name, value in _entries(payload):
        if name.translate(_SEPARATORS) in TOKEN_NAMES and with_token(value):
            return value if _has_scheme(value) else f"Bearer {value}"
    if any(_TOKEN.fullmatch(text) for text in _texts(payload)):
        raise Unauthenticated(MISPLACED)
    return None


def _entries(parameters: object) -> Iterator[tuple[str, str]]:
    """Yield the lower-case name and the text of each entry of an object or a list of pairs."""
    if isinstance(parameters, dict):
        parameters = list(parameters.items())
    for pair in parameters if isinstance(parameters, list) else ():
        match pair:
            case (str(name), str(value)) | (str(name), [str(value)]):
                yield name.lower(), value.strip()


def _has_scheme(value: str) -> bool:
    return value[:7].lower() == "bearer "


def _texts(payload: dict[str, Any]) -> Iterator[str]:
    """Yield all strings in the payload, at any depth."""
    pending: list[Any] = [payload]
    while pending:
        match pending.pop():
            case dict(values):
                pending += values.values()
            case list(items):
                pending += items
            case str(text):
                yield text.strip()

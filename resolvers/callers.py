"""The client of a request: network address, device, language and current session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.accounts import sessions
from models.accounts.users import Language, User
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from auth.viewers import Viewer

MAX_HEADER_CHARS: Final = 400
MAX_PRODUCT_CHARS: Final = 40
UNKNOWN_DEVICE: Final = "Unknown device"

BROWSERS: Final = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet")),
    *(("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome")),
    ("Safari/", "Safari"),
)
"""User-Agent tokens and the browsers that they stand for. The most specific token is first, because
a header may contain tokens of several browsers."""

SYSTEMS: Final = (
    *(("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
PRODUCT: Final = re.compile(rf"[A-Za-z0-9][\w.+-]{{0,{MAX_PRODUCT_CHARS - 1}}}", re.ASCII)
RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-\w+)*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*")


@dataclass(frozen=True, slots=True)
class Caller:
    """The client of a request that begins or changes sessions.

    Attributes:
        address: network address.
        device: description of the device, for the list of sessions.
        language: preferred language.
        viewer: the signed-in account or guest; None without a valid access token.
        refresh_token: the refresh token in a browser's cookie; it may still be valid when the
            viewer's access token has expired.
    """

    address: str
    device: str = UNKNOWN_DEVICE
    language: Language = Language.EN
    viewer: Viewer | None = None
    refresh_token: str | None = None

    async def guest(self) -> User | None:
        """Return the guest that makes the request, or None if the caller is not a guest.

        Raises:
            Unavailable: if the database does not respond.
        """
        if self.viewer:
            return self.viewer.user if self.viewer.is_guest else None
        if not self.refresh_token:
            return None
        session_id = await sessions.session_of(self.refresh_token)
        user_id = await sessions.account_of(session_id) if session_id else None
        if user_id is None:
            return None
        with or_unavailable():
            user = await User.get(user_id)
        return user if user and user.guest and not user.disabled else None


def device_of(user_agent: str) -> str:
    """Return a readable description of a client's device, such as "Firefox on Linux"."""
    header = user_agent[:MAX_HEADER_CHARS]
    browser = next((name for token, name in BROWSERS if token in header), None)
    system = next((name for token, name in SYSTEMS if token in header), None)
    if browser is None and not header.startswith("Mozilla/"):
        product = PRODUCT.match(header)
        browser = product[0] if product else None
    return " on ".join(filter(None, (browser, system))) or UNKNOWN_DEVICE


def preferred_language(accept_language: str) -> Language:
    """Return the supported language that a client prefers (RFC 9110, section 12.5.4)."""
    best, language = 0.0, Language.EN
    for part in accept_language[:MAX_HEADER_CHARS].split(","):
        found = RANGE.fullmatch(part)
        quality = float(found[2] or 1) if found else 0
        if found and quality > best and found[1].upper() in Language.__members__:
            best, language = quality, Language[found[1].upper()]
    return language

"""Validation of input for the places where sessions are held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import TypeAdapter, UrlConstraints, ValidationError
from pydantic_core import Url

from models.calendar.places import Place, PlaceKind

if TYPE_CHECKING:
    from resolvers.checks import InputValidator

MAX_ADDRESS_CHARS: Final = 200
MAX_URL_CHARS: Final = 500

_LINK: Final = TypeAdapter[Url](
    Annotated[Url, UrlConstraints(max_length=MAX_URL_CHARS, allowed_schemes=["https"])]
)


@dataclass(frozen=True, slots=True)
class WantedPlace:
    """Input for a place, not yet validated."""

    kind: PlaceKind
    details: str | None


def validate_place(
    validator: InputValidator, field: str, wanted: WantedPlace, region: str | None
) -> Place:
    """Validate a place and return it with normalized details.

    Args:
        validator: collects the problems of the input.
        field: the path of the place in the input.
        wanted: the place; its details are optional for video and phone calls.
        region: the country (ISO 3166) assumed for phone numbers without a country code.
    """
    path, text = f"{field}.details", (wanted.details or "").strip()
    match wanted.kind:
        case PlaceKind.IN_PERSON:
            details = validator.line(path, text, MAX_ADDRESS_CHARS, "Address")
        case PlaceKind.PHONE:
            details = validator.phone(path, text, region) if text else ""
        case PlaceKind.VIDEO:
            details = _link(validator, path, text) if text else ""
    return Place(kind=wanted.kind, details=details or None)


def normalized_link(text: str) -> str | None:
    """Return the normalized URL of a video call, or None if the text is not an https URL.

    The URL must not contain a user name or password.
    """
    try:
        url = _LINK.validate_python(text)
    except ValidationError:
        return None
    return None if url.username or url.password or not text.isprintable() else str(url)


def _link(validator: InputValidator, path: str, text: str) -> str:
    url = normalized_link(text)
    if url is None:
        validator.add_problem(
            path,
            "Enter the https address of the video call, such as https://meet.example.com/ada; at "
            f"most {MAX_URL_CHARS} characters",
        )
        return ""
    return url

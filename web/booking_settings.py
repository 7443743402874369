"""Settings for bookings: holds, offers, prices, phone numbers, caps and reminders."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from models.bookings.caps import Caps
from models.bookings.offers import OfferTerms
from models.calendar.places import ROOM
from models.money import decimals_of
from resolvers.places import normalized_link

MAX_REMINDERS = 5
REMINDER_MINUTES = range(5, 30 * 24 * 60 + 1)


class BookingSettings(BaseSettings):
    """Settings for holds, offers, prices, video rooms, caps and reminders of bookings."""

    hold_seconds: int = Field(
        default=300, ge=1, le=3600, description="the duration of a hold in seconds, 1 to 3600"
    )
    offer_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="the number of minutes for which freed time is held for the first waiting "
        "client, 1 to 1440",
    )
    currency: str = Field(
        default="EUR",
        pattern="^[A-Z]{3}$",
        description="the currency of all prices, three capital letters (ISO 4217)",
    )
    phone_region: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}$",
        description="the country of phone numbers without a country code, two capital letters "
        "(ISO 3166)",
    )
    video_url: str | None = Field(
        default=None,
        max_length=300,
        description="the template of video rooms, one for each booking, such as "
        "https://meet.example.com/{room}; without one, experts use their own links",
    )
    require_verified_email: Literal["on", "off"] = Field(
        default="on",
        description="on or off; on requires a verified e-mail address for booking",
    )
    max_coming_bookings: int = Field(
        default=50,
        ge=1,
        le=500,
        description="the maximum number of a client's upcoming bookings, 1 to 500",
    )
    max_coming_bookings_per_expert: int = Field(
        default=10,
        ge=1,
        le=500,
        description="the maximum number of a client's upcoming bookings with one expert, 1 to 500",
    )
    max_holds: int = Field(
        default=5,
        ge=1,
        le=100,
        description="the maximum number of a client's holds at one time, 1 to 100",
    )
    max_hold_renewals: int = Field(
        default=3,
        ge=0,
        le=100,
        description="the maximum number of times that a client holds a slot again within an hour, "
        "0 to 100",
    )
    max_moves: int = Field(
        default=10,
        ge=1,
        le=100,
        description="the maximum number of times that a booking can be moved, 1 to 100",
    )

    reminders: str = Field(
        default="1440,60",
        description="how many minutes before a session its client gets reminders by e-mail: up to "
        "five numbers from 5 to 43200, separated by commas; off for no reminders",
    )

    @property
    def lead_times(self) -> tuple[timedelta, ...]:
        """How long before a session its client is reminded, with one interval for each reminder."""
        if self.reminders == "off":
            return ()
        return tuple(timedelta(minutes=int(part)) for part in self.reminders.split(","))

    @property
    def offers(self) -> OfferTerms:
        """Rules for offering free time to waiting clients."""
        return OfferTerms(timedelta(minutes=self.offer_minutes), self.video_url)

    @property
    def caps(self) -> Caps:
        """Caps on what one client may book, hold and change."""
        return Caps(
            coming=self.max_coming_bookings,
            coming_with_expert=self.max_coming_bookings_per_expert,
            holds=self.max_holds,
            renewals=self.max_hold_renewals,
            moves=self.max_moves,
        )

    @field_validator("video_url")
    @classmethod
    def _has_a_room(cls, value: str | None) -> str | None:
        if value is not None:
            url = value.replace(ROOM, "room")
            if url == value or normalized_link(url) != url:
                raise ValueError(
                    f"it must be an https address with {ROOM} in it, without blanks or a password"
                )
        return value

    @field_validator("reminders")
    @classmethod
    def _names_minutes(cls, value: str) -> str:
        parts = [part.strip() for part in value.split(",")]
        is_valid = len(set(parts)) <= MAX_REMINDERS and all(
            part.isascii() and part.isdigit() and int(part) in REMINDER_MINUTES for part in parts
        )
        if value != "off" and not is_valid:
            raise ValueError("it must be off, or up to five numbers such as 1440,60")
        return value

    @field_validator("currency")
    @classmethod
    def _has_minor_units(cls, value: str) -> str:
        decimals_of(value)
        return value

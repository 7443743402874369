"""The application for an ASGI server that starts it by name: `uvicorn --factory web.asgi:app`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.app import create_app
from web.settings import Settings
from web.telemetry.logs import set_up

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def app() -> ASGIApp:
    """Make the application from the environment; a worker never starts a database.

    Raises:
        RuntimeError: without MONGODB_URL.
    """
    settings = Settings()
    if settings.mongodb_url is None:
        raise RuntimeError("Set MONGODB_URL, or start with `expertbook serve`.")
    set_up(settings.log_form, settings.log_level)
    return create_app(settings, settings.mongodb_url)

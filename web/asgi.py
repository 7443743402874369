"""Application factory for any ASGI server, for example `uvicorn --factory web.asgi:app`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.app import create_app
from web.settings import Settings
from web.telemetry.logs import configure_logging

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def app() -> ASGIApp:
    """Build the application from the environment, without starting an embedded database.

    Raises:
        RuntimeError: MONGODB_URL is not set.
    """
    settings = Settings()
    if settings.mongodb_url is None:
        raise RuntimeError("Set MONGODB_URL, or start with `expertbook serve`.")
    configure_logging(settings.effective_log_format, settings.log_level)
    return create_app(settings, settings.mongodb_url)

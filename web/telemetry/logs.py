"""Logging: one line per entry, formatted for a terminal or as JSON.

All entries, including those of uvicorn and the database driver, pass from the standard library's
loggers through one chain of structlog processors. The chain truncates texts, escapes line breaks
and terminal control characters, and redacts tokens and passwords.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Literal

import orjson

from models.telemetry.tracing import REQUEST_ID, tracer
from web.deferred import hide_packages
from web.telemetry.tracebacks import format_traceback

# structlog imports these optional packages if present; they are not needed and take memory.
with hide_packages("greenlet", "rich"):
    import structlog
    from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict, Processor, WrappedLogger

MAX_EVENT_CHARS = 1_000
MAX_VALUE_CHARS = 200
MAX_TRACEBACK_CHARS = 20_000
MAX_SECRET_CHARS = 4_096
OWN_PACKAGES = ("auth", "models", "resolvers", "schema", "subscriptions", "web")
OPERATIONS = "schema.execution.observation"
FIELDS = ("operation", "kind", "fields", "outcome", "milliseconds", "cost", "transport")
"""The `extra` fields that log calls may pass along with the message."""

SECRETS = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"  # a JSON Web Token
    r"|(?<=\bbearer )\S+"
    r"|(?<=://)[^\s/@]+(?=@)",  # the user and password of a URL
    re.IGNORECASE,
)
COLOURS = {"debug": "\x1b[2m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}
DIM, PLAIN = "\x1b[2m", "\x1b[0m"


def configure_logging(form: Literal["console", "json"], level: str) -> None:
    """Configure all loggers of this process.

    Args:
        form: the format; `json` also logs each GraphQL operation.
        level: the level of the application's own loggers. Others never log at debug level, where
            the database driver logs commands and uvicorn WebSocket messages.
    """
    numbers = logging.getLevelNamesMapping()
    own = numbers[level.upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(max(own, logging.INFO))
    for name in OWN_PACKAGES:
        logging.getLogger(name).setLevel(own)
    logs_operations = form == "json" or own == logging.DEBUG
    logging.getLogger(OPERATIONS).setLevel(own if logs_operations else max(own, logging.WARNING))
    logging.captureWarnings(capture=True)


def formatter(form: Literal["console", "json"]) -> ProcessorFormatter:
    """Return the formatter that renders a log record as one line."""
    is_json = form == "json"
    chain: list[Processor] = [
        add_log_level,
        add_logger_name,
        ExtraAdder(allow=FIELDS),
        _add_request,
        structlog.processors.TimeStamper(
            fmt="iso" if is_json else "%H:%M:%S", utc=is_json, key="time"
        ),
        _add_traceback,
        _sanitize,
    ]
    render = as_json if is_json else _console_renderer(colours=sys.stderr.isatty())
    return ProcessorFormatter(
        foreign_pre_chain=chain, processors=[ProcessorFormatter.remove_processors_meta, render]
    )


def sanitized(text: str, max_chars: int = MAX_VALUE_CHARS) -> str:
    """Return the text with secrets redacted, unprintable characters escaped, and truncated."""
    rest = len(text) - max_chars
    # Search beyond the cut, because a secret may begin before and end after it.
    text = SECRETS.sub("[secret]", text[: max_chars + MAX_SECRET_CHARS])[:max_chars]
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
    return f"{text}… (and {rest} more)" if rest > 0 else text


def _add_request(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    if request_id := REQUEST_ID.get():
        entry["request_id"] = request_id
    if trace_id := tracer().trace_id():
        entry["trace_id"] = trace_id
    return entry


def _add_traceback(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Add the formatted traceback of an exception."""
    raised = entry.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else None
    if error is not None:
        entry["exception"] = format_traceback(error, sanitized)[:MAX_TRACEBACK_CHARS]
    entry.pop("stack_info", None)
    return entry


def _sanitize(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Sanitize all texts except tracebacks, which are sanitized already."""
    for name, value in entry.items():
        if name == "event":
            entry[name] = sanitized(str(value).strip(), MAX_EVENT_CHARS)
        elif isinstance(value, str) and name not in {"exception", "time"}:
            entry[name] = sanitized(value)
    return entry


def as_json(_logger: WrappedLogger, _name: str, entry: EventDict) -> str:
    """Render an entry as a JSON object that includes the process id."""
    return orjson.dumps({**entry, "process": os.getpid()}, default=repr).decode()


def _console_renderer(*, colours: bool) -> Callable[[WrappedLogger, str, EventDict], str]:
    def render(_logger: WrappedLogger, _name: str, entry: EventDict) -> str:
        time, level, event = entry.pop("time"), entry.pop("level"), entry.pop("event")
        exception = entry.pop("exception", None)
        entry.pop("logger", None)
        more = "".join(f"  {name}={_quoted(value)}" for name, value in entry.items())
        if colours:
            time, more = f"{DIM}{time}{PLAIN}", f"{DIM}{more}{PLAIN}" if more else ""
        head = f"{COLOURS.get(level, '')}{level.upper()}{PLAIN}" if colours else level.upper()
        return f"{time} {head}: {event}{more}" + (f"\n{exception}" if exception else "")

    return render


def _quoted(value: Any) -> str:
    text = str(value)
    return repr(text) if " " in text or "=" in text or not text else text

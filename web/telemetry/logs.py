"""Logging: one line per entry, formatted for a terminal or as JSON.

All entries, including those of uvicorn and the database driver, pass from the standard library's
loggers through one formatter. The formatter truncates texts, escapes line breaks and terminal
control characters, and redacts tokens and passwords.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import orjson

from models.telemetry.tracing import REQUEST_ID, tracer
from web.telemetry.tracebacks import format_traceback

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = dict[str, Any]
Form = Literal["console", "json"]

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


def configure_logging(form: Form, level: str) -> None:
    """Configure all loggers of this process.

    Args:
        form: the format of log lines; with `json`, each GraphQL operation is logged as well.
        level: the level of the application's own loggers. Other loggers never log at debug level,
            at which the database driver would log commands, and uvicorn would log WebSocket
            messages.
    """
    numbers = logging.getLevelNamesMapping()
    own = numbers[level.upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(form))
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


class LineFormatter(logging.Formatter):
    """Formats a log record as one line, followed by the traceback if there is an exception."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._is_json = form == "json"
        self._render = as_json if self._is_json else _console_renderer(colours=sys.stderr.isatty())

    def format(self, record: logging.LogRecord) -> str:
        """Return the log record as one line, with the traceback below it, if any."""
        entry: Entry = {
            "event": sanitized(record.getMessage().strip(), MAX_EVENT_CHARS),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        entry |= {name: vars(record)[name] for name in FIELDS if name in vars(record)}
        if request_id := REQUEST_ID.get():
            entry["request_id"] = request_id
        if trace_id := tracer().trace_id():
            entry["trace_id"] = trace_id
        for name, value in entry.items():
            if isinstance(value, str) and name != "event":
                entry[name] = sanitized(value)
        entry["time"] = self._time(record)
        if record.exc_info and (error := record.exc_info[1]):
            entry["exception"] = format_traceback(error, sanitized)[:MAX_TRACEBACK_CHARS]
        return self._render(entry)

    def _time(self, record: logging.LogRecord) -> str:
        if self._is_json:
            moment = datetime.fromtimestamp(record.created, UTC)
            return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return self.formatTime(record, "%H:%M:%S")


def sanitized(text: str, max_chars: int = MAX_VALUE_CHARS) -> str:
    """Return the text truncated, with secrets redacted and unprintable characters escaped."""
    rest = len(text) - max_chars
    # Search beyond the cut, because a secret may begin before the cut and end after it.
    text = SECRETS.sub("[secret]", text[: max_chars + MAX_SECRET_CHARS])[:max_chars]
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
    return f"{text}… (and {rest} more)" if rest > 0 else text


def as_json(entry: Entry) -> str:
    """Render a log entry as a JSON object that includes the process id."""
    return orjson.dumps({**entry, "process": os.getpid()}, default=repr).decode()


def _console_renderer(*, colours: bool) -> Callable[[Entry], str]:
    def render(entry: Entry) -> str:
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

"""The log: one line an entry, for people at a terminal or as JSON.

Everything goes through the standard library's loggers, uvicorn's and the driver's too, and from
there through one chain of structlog's processors: whatever a text came from, it is short, cannot
begin a line of its own or move a terminal's cursor, and names no token or password.
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
from web.telemetry.tracebacks import traceback_of

# For tracebacks and threads of kinds that are not used here they would take 6 MB.
with hide_packages("greenlet", "rich"):
    import structlog
    from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict, Processor, WrappedLogger

LONGEST_EVENT = 1_000
LONGEST_VALUE = 200
LONGEST_TRACEBACK = 20_000
LONGEST_SECRET = 4_096
OURS = ("auth", "models", "resolvers", "schema", "subscriptions", "web")
OPERATIONS = "schema.execution.observation"
FIELDS = ("operation", "kind", "fields", "outcome", "milliseconds", "cost", "transport")
"""What log calls may give by name, beside their message."""

SECRETS = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"  # a JSON Web Token
    r"|(?<=\bbearer )\S+"
    r"|(?<=://)[^\s/@]+(?=@)",  # the user and password of a URL
    re.IGNORECASE,
)
COLOURS = {"debug": "\x1b[2m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}
DIM, PLAIN = "\x1b[2m", "\x1b[0m"


def set_up(form: Literal["console", "json"], level: str) -> None:
    """Have every logger of this process write through here.

    Args:
        form: what a line looks like; as JSON it also says which operations have run.
        level: of this program's own loggers. Others stay above debug, where the database's driver
            logs its commands and uvicorn the messages of sockets.
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
    for name in OURS:
        logging.getLogger(name).setLevel(own)
    is_told = form == "json" or own == logging.DEBUG
    logging.getLogger(OPERATIONS).setLevel(own if is_told else max(own, logging.WARNING))
    logging.captureWarnings(capture=True)


def formatter(form: Literal["console", "json"]) -> ProcessorFormatter:
    """What makes a line of a record."""
    is_json = form == "json"
    chain: list[Processor] = [
        add_log_level,
        add_logger_name,
        ExtraAdder(allow=FIELDS),
        _add_request,
        structlog.processors.TimeStamper(
            fmt="iso" if is_json else "%H:%M:%S", utc=is_json, key="time"
        ),
        _describe,
        _clean,
    ]
    render = as_json if is_json else _console(colours=sys.stderr.isatty())
    return ProcessorFormatter(
        foreign_pre_chain=chain, processors=[ProcessorFormatter.remove_processors_meta, render]
    )


def shown(text: str, longest: int = LONGEST_VALUE) -> str:
    """A text as a log may show it: without secrets, in printable characters, and not for long."""
    rest = len(text) - longest
    # Further than is shown, as a secret may begin before the end and end after it.
    text = SECRETS.sub("[secret]", text[: longest + LONGEST_SECRET])[:longest]
    if not text.isprintable():
        text = "".join(
            each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
        )
    return f"{text}… (and {rest} more)" if rest > 0 else text


def _add_request(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    if request_id := REQUEST_ID.get():
        entry["request_id"] = request_id
    if trace_id := tracer().trace_id():
        entry["trace_id"] = trace_id
    return entry


def _describe(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Tell where an exception came from."""
    raised = entry.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else None
    if error is not None:
        entry["exception"] = traceback_of(error, shown)[:LONGEST_TRACEBACK]
    entry.pop("stack_info", None)
    return entry


def _clean(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Make every text fit to be shown; tracebacks are so already."""
    for name, value in entry.items():
        if name == "event":
            entry[name] = shown(str(value).strip(), LONGEST_EVENT)
        elif isinstance(value, str) and name not in {"exception", "time"}:
            entry[name] = shown(value)
    return entry


def as_json(_logger: WrappedLogger, _name: str, entry: EventDict) -> str:
    """An entry as one JSON object, with the process that it is of."""
    return orjson.dumps({**entry, "process": os.getpid()}, default=repr).decode()


def _console(*, colours: bool) -> Callable[[WrappedLogger, str, EventDict], str]:
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

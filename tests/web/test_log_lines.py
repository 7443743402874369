"""Log entries are short, on one line and free of secrets, whatever message is logged."""

from __future__ import annotations

import io
import logging
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from web.telemetry.logs import MAX_EVENT_CHARS, LineFormatter

LogFormat = Literal["console", "json"]

FORMATS: tuple[LogFormat, ...] = ("console", "json")


class Credentials(BaseModel):
    """A model whose validation errors contain a password."""

    password: int


def log_line(log_format: LogFormat, message: str, error: BaseException | None = None) -> str:
    """Return the text that is logged for a message, and for an exception if one is given."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(log_format))
    record = logging.LogRecord("x", logging.WARNING, "x.py", 1, "message: %s", (message,), None)
    record.exc_info = (type(error), error, error.__traceback__) if error else None
    record.operation = message
    handler.emit(record)
    return stream.getvalue()


@pytest.mark.parametrize("log_format", FORMATS)
@given(text=st.text() | st.text("\n\r\x1b\x00\x85\u2028\u202e\ud800[31mERROR: "))
def test_messages_stay_on_one_printable_line(log_format: LogFormat, text: str) -> None:
    line = log_line(log_format, text)
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@pytest.mark.parametrize("log_format", FORMATS)
@given(text=st.text("\n\x1b\u202eERROR: "))
def test_exception_messages_add_no_lines(log_format: LogFormat, text: str) -> None:
    plain, hostile = (
        log_line(log_format, "x", chained_error(message)).splitlines()
        for message in ("harmless", text)
    )
    assert len(hostile) == len(plain)
    assert all(line.isprintable() for line in hostile)


def chained_error(text: str) -> Exception:
    """Return an exception that has a cause; both contain the given text."""
    error = ValueError(text)
    error.__cause__ = KeyError(text)
    return error


@pytest.mark.parametrize("log_format", FORMATS)
def test_long_messages_are_truncated(log_format: LogFormat) -> None:
    line = log_line(log_format, "x" * 100_000, ValueError("y" * 100_000))
    assert MAX_EVENT_CHARS < len(line) < 2 * MAX_EVENT_CHARS


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer {}",
        "mongodb://someone:{}@host/expertbook",
        "x" * (MAX_EVENT_CHARS - 30) + " bearer {}" + "y" * 500,
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{}",
    ],
)
def test_secrets_are_redacted(log_format: LogFormat, text: str) -> None:
    secret = "s3cr3t-s3cr3t"
    line = log_line(log_format, text.format(secret), ValueError(text.format(secret)))
    assert "[secret]" in line
    assert "s3cr3t" not in line


def test_validation_errors_are_logged_without_values() -> None:
    """The log names the invalid field and the kind of error."""
    values = {"password": "hunter2"}
    with pytest.raises(ValueError, match="hunter2") as raised:
        Credentials.model_validate(values)
    line = log_line("json", "refused", raised.value)
    assert "Credentials: password (int_parsing)" in line
    assert "hunter2" not in line

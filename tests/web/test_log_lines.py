"""A line of the log, whatever the text is that it tells: short, in one piece, without secrets."""

from __future__ import annotations

import io
import logging
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from web.telemetry.logs import LONGEST_EVENT, formatter

Form = Literal["console", "json"]

FORMS: tuple[Form, ...] = ("console", "json")


class Filled(BaseModel):
    """Something that a person fills in."""

    password: int


def written(form: Form, message: str, error: BaseException | None = None) -> str:
    """What the log has of a message, or of an exception with that text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(form))
    record = logging.LogRecord("x", logging.WARNING, "x.py", 1, "told: %s", (message,), None)
    record.exc_info = (type(error), error, error.__traceback__) if error else None
    record.operation = message
    handler.emit(record)
    return stream.getvalue()


@pytest.mark.parametrize("form", FORMS)
@given(text=st.text() | st.text("\n\r\x1b\x00\x85\u2028\u202e\ud800[31mERROR: "))
def test_no_text_begins_a_line_or_moves_the_cursor(form: Form, text: str) -> None:
    """Whatever it is made of: it stays on its line, in characters that can be printed."""
    line = written(form, text)
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@pytest.mark.parametrize("form", FORMS)
@given(text=st.text("\n\x1b\u202eERROR: "))
def test_no_text_of_an_exception_begins_a_line(form: Form, text: str) -> None:
    """Nor that of what caused it."""
    plain, hostile = (written(form, "x", caused(said)).splitlines() for said in ("harmless", text))
    assert len(hostile) == len(plain)
    assert all(line.isprintable() for line in hostile)


def caused(text: str) -> Exception:
    """An exception that another one has caused."""
    error = ValueError(text)
    error.__cause__ = KeyError(text)
    return error


@pytest.mark.parametrize("form", FORMS)
def test_no_text_is_logged_at_length(form: Form) -> None:
    line = written(form, "x" * 100_000, ValueError("y" * 100_000))
    assert LONGEST_EVENT < len(line) < 2 * LONGEST_EVENT


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer {}",
        "mongodb://someone:{}@host/expertbook",
        "x" * (LONGEST_EVENT - 30) + " bearer {}" + "y" * 500,
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{}",
    ],
)
def test_what_looks_like_a_secret_is_left_out(form: Form, text: str) -> None:
    """Also where it comes with somebody else's text."""
    secret = "s3cr3t-s3cr3t"
    line = written(form, text.format(secret), ValueError(text.format(secret)))
    assert "[secret]" in line
    assert "s3cr3t" not in line


def test_values_that_a_form_refuses_are_left_out() -> None:
    """What is wrong with which of them is told."""
    filled = {"password": "hunter2"}
    with pytest.raises(ValueError, match="hunter2") as raised:
        Filled.model_validate(filled)
    line = written("json", "refused", raised.value)
    assert "Filled: password (int_parsing)" in line
    assert "hunter2" not in line

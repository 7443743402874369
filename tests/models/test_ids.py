"""Tests of global ids and cursors: round trips, and rejection of invalid text."""

# ruff: noqa: RUF001 - the tests need letters that look like others

from __future__ import annotations

from base64 import urlsafe_b64encode
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.bookings.events import Position, cursor_of, position_in
from models.calendar.slots import SlotKey, slot_id, slot_key
from models.errors import BadUserInput
from models.ids import MAX_ID_LENGTH, Id, decode, encode, global_id, new_id, object_id, parse_id
from models.store.pages import Order
from tests.support.samples import ADA, BEA

KINDS = ("Expert", "User", "Booking")
BY_NAME = Order("NAME-asc", "by_name", descending=False)
keys = st.binary(min_size=12, max_size=12).map(Id)
slots = st.builds(SlotKey, keys, st.integers(1, 99_999_999), st.integers(1, 9_999))
# Arbitrary text that clients may send as an id, and well-formed text that is no valid id.
nonsense = st.one_of(
    st.text(),
    st.text(max_size=300).map(lambda text: encode(text.encode("utf-8", "replace").decode())),
    st.binary(max_size=40).map(lambda data: urlsafe_b64encode(data).decode()),
    st.builds(
        lambda kind, key, rest: encode(f"{kind}:{key}{rest}"),
        st.sampled_from([*KINDS, "Slot", "Event", "NAME-asc"]),
        st.one_of(
            keys.map(str), st.text(st.sampled_from("0123456789abcdefABCDEF \t٣०"), max_size=26)
        ),
        st.one_of(
            st.just(""),
            st.from_regex(r":-?\d{1,12}(:-?\d{1,12})?\n?", fullmatch=True),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
        ),
    ),
)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_text_round_trips_and_is_url_safe(text: str) -> None:
    opaque = encode(text)
    assert decode(opaque) == text
    assert set(opaque) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@settings(deadline=None)
@given(st.sampled_from(KINDS), keys)
def test_object_id_round_trips_and_is_rejected_as_an_id_of_another_type(kind: str, key: Id) -> None:
    opaque = global_id(kind, key)
    assert parse_id(opaque) == (kind, str(key))
    assert object_id(opaque, kind, "id") == key
    with pytest.raises(BadUserInput, match=r"^expertId: not the id of a Slot$"):
        object_id(opaque, "Slot", "expertId")


@settings(deadline=None)
@given(slots)
def test_slot_id_round_trips(key: SlotKey) -> None:
    assert slot_key(slot_id(key)) == key
    assert parse_id(slot_id(key))[0] == "Slot"


@settings(deadline=None)
@given(keys, st.integers(0, 10**15 - 1), st.none() | keys)
def test_cursor_round_trips_and_is_rejected_for_another_expert(
    expert: Id, sequence: int, event_id: Id | None
) -> None:
    cursor = cursor_of(expert, Position(sequence, event_id))
    assert position_in(cursor, expert) == Position(sequence, event_id)
    other = Id(bytes(byte ^ 255 for byte in expert.binary))
    with pytest.raises(BadUserInput, match=r"^after: a cursor of another expert$"):
        position_in(cursor, other)


def test_new_ids_are_unique() -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000


VALID = slot_id(SlotKey(ADA, 2_004_324, 60))


@pytest.mark.parametrize(
    "opaque",
    [
        "",
        " ",
        "Slot",
        "%%%",
        "a",
        "Ünïcödé",
        "\ud800",
        "\x00",
        VALID + "=",
        VALID + "==",
        VALID + "\n",
        " " + VALID,
        VALID[:10] + "\n" + VALID[10:],
        VALID[:10] + "!" + VALID[10:],
        VALID[:-1],
        VALID * 20,
        "x" * 10_000_000,
        global_id("Expert", ADA),
        encode("Slot"),
        encode("Slot:"),
        encode(f"slot:{ADA}:2004324:60"),
        encode(f"Slot:{ADA}:2004324"),
        encode(f"Slot:{ADA}:2004324:60:"),
        encode(f"Slot:{ADA}:2004324:60\n"),
        encode(f"Slot:{ADA}:02004324:60"),
        encode(f"Slot:{ADA}:0:60"),
        encode(f"Slot:{ADA}:-2004324:60"),
        encode(f"Slot:{ADA}:+2004324:60"),
        encode(f"Slot:{ADA}:2004324:060"),
        encode(f"Slot:{ADA}:2004324:0"),
        encode(f"Slot:{ADA}:{10**8}:60"),
        encode(f"Slot:{ADA}:{10**40}:60"),
        encode(f"Slot:{ADA}:2004324:10000"),
        encode(f"Slot:{ADA}:2004324:6e1"),
        encode(f"Slot:{ADA}:٢٠٠٤٣٢٤:60"),
        encode(f"Slot:{str(ADA).upper()}:2004324:60"),
        encode(f"Slot:{'g' * 24}:2004324:60"),
        encode(f"Slot:{'a' * 23}:2004324:60"),
    ],
)
def test_invalid_slot_id_is_rejected(opaque: str) -> None:
    """Covers arbitrary text, ids of other types, numbers out of range, and non-canonical forms."""
    with pytest.raises(
        ValueError, match=r"^(too long|not base64url-encoded text|not canonical|not a slot id)$"
    ):
        slot_key(opaque)


def test_only_the_canonical_encoding_is_accepted() -> None:
    """Text with non-zero spare bits, padding, spaces or line breaks is rejected."""
    assert encode("Expert:>") == "RXhwZXJ0Oj4"
    for other in ("RXhwZXJ0Oj5", "RXhwZXJ0Oj4=", "RXhwZXJ0Oj4 ", "RXhwZXJ0\nOj4"):
        with pytest.raises(ValueError, match=r"not canonical|not base64url"):
            decode(other)
    assert encode("??>") == "Pz8-"
    with pytest.raises(ValueError, match=r"not canonical|not base64url"):
        decode("Pz8+")
    with pytest.raises(ValueError, match="not base64url-encoded text"):
        decode("gICA")
    assert len(encode("x" * (MAX_ID_LENGTH * 3 // 4))) == MAX_ID_LENGTH
    with pytest.raises(ValueError, match="too long"):
        decode(encode("x" * (MAX_ID_LENGTH * 3 // 4 + 1)))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "1",
        "g" * 24,
        "a" * 23,
        "a" * 25,
        "A" * 24,
        "a" * 12,
        "aa " * 8,
        "aa" * 11 + "\t\n",
        "٣" * 24,
        "a" * 24 + "\n",
        "a" * 24 + ":",
    ],
)
def test_id_with_an_invalid_key_is_rejected(key: str) -> None:
    """A valid key consists of twelve bytes, written in lower-case hexadecimal."""
    with pytest.raises(BadUserInput, match=r"^id: not the id of an Expert$"):
        object_id(encode(f"Expert:{key}"), "Expert", "id")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Event",
        f"Event:{ADA}",
        f"Event:{ADA}:-1",
        f"Event:{ADA}:01",
        f"Event:{ADA}:{10**15}",
        f"Event:{ADA}:1\n",
        f"Event:{ADA}:1:",
        f"Event:{ADA}:1:{str(ADA).upper()}",
        f"Event:{str(ADA).upper()}:1",
        f"Expert:{ADA}",
        f"Event:{ADA}:١",
    ],
)
def test_invalid_event_cursor_is_rejected(text: str) -> None:
    with pytest.raises(BadUserInput, match=r"^after: not a cursor of an event$"):
        position_in(encode(text), ADA)


@settings(deadline=None)
@given(nonsense)
@example("\ud800")
@example("=" * 600)
def test_arbitrary_input_is_parsed_or_raises_a_documented_error(opaque: str) -> None:
    with suppress(ValueError):
        assert encode(decode(opaque)) == opaque
    with suppress(ValueError):
        assert slot_id(slot_key(opaque)) == opaque
    with suppress(ValueError):
        parse_id(opaque)
    for kind in KINDS:
        with suppress(BadUserInput):
            assert global_id(kind, object_id(opaque, kind, "id")) == opaque
    with suppress(BadUserInput):
        assert cursor_of(BEA, position_in(opaque, BEA)) == opaque
    with suppress(BadUserInput):
        assert encode(f"NAME-asc:{BY_NAME.key(opaque, 'after')}") == opaque


def test_cursor_from_a_list_in_another_order_is_rejected() -> None:
    """The error names the argument that contains the cursor."""
    assert BY_NAME.key(encode("NAME-asc:ada\t1"), "after") == "ada\t1"
    for other in ("NAME-desc:ada\t1", "NAME-asc", "RATE-asc:1", f"Event:{ADA}:1"):
        with pytest.raises(
            BadUserInput, match=r"^before: not a cursor of this list in this order$"
        ):
            BY_NAME.key(encode(other) if other != "NAME-asc" else "NAME-asc", "before")

"""Tests of password hashing and of the strength check."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from auth.passwords import Passwords, weakness

PASSWORD = "correct horse battery"


async def test_hash_is_argon2id_and_matches_only_its_password() -> None:
    passwords = Passwords()
    encoded = await passwords.hash(PASSWORD)
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert encoded != await passwords.hash(PASSWORD)
    assert await passwords.matches(encoded, PASSWORD)
    assert not await passwords.matches(encoded, PASSWORD + " ")
    assert not passwords.is_outdated(encoded)


@pytest.mark.parametrize(
    ("registered", "typed"),
    [
        ("Grüße an Zoë 12", "Gru\u0308ße an Zoe\u0308 12"),
        ("drei Worte hier", "drei\u00a0Worte\u2003hier"),
    ],
)
async def test_password_matches_however_the_keyboard_composes_its_letters(
    registered: str, typed: str
) -> None:
    passwords = Passwords()
    assert await passwords.matches(await passwords.hash(registered), typed)
    assert await passwords.matches(await passwords.hash(typed), registered)
    assert not await passwords.matches(await passwords.hash(registered), registered.upper())


async def test_length_of_a_password_counts_composed_characters() -> None:
    longest = "\uac01\uac02" * 100
    typed = unicodedata.normalize("NFD", longest)
    assert (len(longest), len(typed)) == (200, 600)
    assert weakness(typed) is None
    passwords = Passwords()
    assert await passwords.matches(await passwords.hash(longest), typed)
    assert weakness(typed + "x") == "Use 10 to 200 characters"
    assert weakness(unicodedata.normalize("NFD", "éèàöü")) == "Use 10 to 200 characters"


async def test_hash_of_a_password_that_was_not_normalized_still_matches() -> None:
    """Earlier versions hashed passwords as they were typed, without normalizing them."""
    typed = "Gru\u0308ße an alle"
    encoded = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(typed)
    assert await Passwords().matches(encoded, typed)


@pytest.mark.parametrize("encoded", [None, "", "!", "$argon2id$nonsense"])
async def test_no_password_matches_without_a_valid_hash(encoded: str | None) -> None:
    assert not await Passwords().matches(encoded, "nobody has this password")
    assert not await Passwords().matches(encoded, "")


async def test_hash_with_weaker_parameters_is_outdated_and_still_matches() -> None:
    passwords = Passwords()
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    assert passwords.is_outdated(weak)
    assert await passwords.matches(weak, PASSWORD)


async def test_unknown_account_takes_the_same_work_as_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compare the parameters of the argon2 computations, which determine how long they take.

    Measured times would depend on the load of the machine.
    """
    computed: list[tuple[Parameters, str | bytes]] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's parameter has this name
        computed.append((extract_parameters(str(hash)), password))
        return verify(self, hash, password)

    passwords = Passwords()
    encoded = await passwords.hash(PASSWORD)
    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not await passwords.matches(encoded, "wrong horse battery")
    known = computed.copy()
    computed.clear()
    assert not await passwords.matches(None, "wrong horse battery")
    assert len(known) == 1
    assert computed == known


@pytest.mark.parametrize(
    ("password", "is_weak"),
    [
        (PASSWORD, False),
        ("x9!kQ2#vLp", False),
        ("пароль-длинный", False),
        ("short", True),
        ("x" * 201, True),
        ("aaaaaaaaaaaa", True),
        ("1234567890", True),
        ("Password123", True),
        ("QWERTYUIOP", True),
        ("tab\tin the middle", True),
        ("\uff30assword123", False),
    ],
)
def test_short_long_and_common_passwords_are_weak(password: str, *, is_weak: bool) -> None:
    assert (weakness(password) is not None) == is_weak

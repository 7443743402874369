"""Passwords: hashed by argon2id, and the same time for whoever is unknown."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import pytest
from argon2 import PasswordHasher

from auth.passwords import Passwords, weakness

PASSWORD = "correct horse battery"


async def test_a_hash_is_argon2id_and_matches_its_password_alone() -> None:
    passwords = Passwords()
    encoded = await passwords.hash(PASSWORD)
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert encoded != await passwords.hash(PASSWORD)
    assert await passwords.matches(encoded, PASSWORD)
    assert not await passwords.matches(encoded, PASSWORD + " ")
    assert not passwords.is_outdated(encoded)


@pytest.mark.parametrize("encoded", [None, "", "!", "$argon2id$nonsense"])
async def test_without_a_hash_no_password_matches(encoded: str | None) -> None:
    assert not await Passwords().matches(encoded, "nobody has this password")
    assert not await Passwords().matches(encoded, "")


async def test_a_hash_with_weaker_parameters_is_outdated_and_still_matches() -> None:
    passwords = Passwords()
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    assert passwords.is_outdated(weak)
    assert await passwords.matches(weak, PASSWORD)


async def test_an_unknown_account_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords()
    encoded = await passwords.hash(PASSWORD)
    times: dict[str | None, list[float]] = {encoded: [], None: []}
    for _ in range(15):
        for known, taken in times.items():
            begun = perf_counter()
            await passwords.matches(known, "wrong horse battery")
            taken.append(perf_counter() - begun)
    assert 0.5 < median(times[None]) / median(times[encoded]) < 2


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
    ],
)
def test_short_long_and_common_passwords_are_weak(password: str, *, is_weak: bool) -> None:
    assert (weakness(password) is not None) == is_weak

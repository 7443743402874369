"""Tests of sign-in codes in the forms in which people type and paste them."""

from __future__ import annotations

import pytest

from auth.code_keys import is_code, typed_code


@pytest.mark.parametrize(
    "text",
    [
        *("271828", " 271 828 ", "271-828", "2 7 1 8 2 8", "271\N{NON-BREAKING HYPHEN}828"),
        *("271\N{EN DASH}828", "271\N{NO-BREAK SPACE}828\n", "\N{LEFT-TO-RIGHT MARK}271828"),
        *("\uff12\uff17\uff11\uff18\uff12\uff18", "\u0662\u0667\u0661\u0668\u0662\u0668"),
    ],
)
def test_code_is_recognized_however_it_is_typed_or_pasted(text: str) -> None:
    assert typed_code(text) == "271828"


@pytest.mark.parametrize("text", ["27182x", "271828.", "2\u00b271828", "271.828", "\u2460271828"])
def test_code_with_other_characters_is_wrong(text: str) -> None:
    assert typed_code(text) != "271828"
    assert not is_code(text)

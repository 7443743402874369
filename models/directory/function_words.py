"""English and German stop words, which say nothing about an expert; folded for comparison."""

from typing import Final

_ENGLISH: Final = """
a about all an and any are as at be been both but by can do for from had has have he her him his how
i if in into is it its me more most my no not of on one or our out she so some than that the their
them then there they this to too up us was we were what when where which who why will with you your
"""
_GERMAN: Final = """
aber als alle am an auch auf aus bei beim bin bis da das dass dein deine dem den der des die du
durch ein eine einem einen einer eines er es fur hat habe haben hatte ich ihm ihn ihr ihre im in ins
ist kann kein keine man mein meine mich mir mit nach nicht noch nur ob oder ohne sehr sein seine
sich sie sind so uber um und uns unser von vom vor war was wenn wer werden wie wir wird wo zu zum
zur
"""
FUNCTION_WORDS: Final = frozenset((_ENGLISH + _GERMAN).split())

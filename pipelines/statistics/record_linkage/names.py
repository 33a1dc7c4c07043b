"""A company's name in the form in which two spellings are compared: one alphabet, one case, words and digits only.

Transliteration loses what tells names apart in their own script, so these forms propose pairs and are never a key.
"""

from __future__ import annotations

import re
import unicodedata

from text_unidecode import unidecode

_OUTSIDE = re.compile(r"[^a-z0-9]+")
_DIGITS = re.compile(r"\d+")


def latin(name: str) -> str:
    """The name in lower-case ASCII words: compatibility forms folded, marks dropped, other scripts transliterated."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(sign))
    return _OUTSIDE.sub(" ", unidecode(plain).casefold()).strip()


def in_order(words: str) -> str:
    """The words of a latin name in alphabetical order, so that turned words compare as equal."""
    return " ".join(sorted(words.split()))


def numbers_in(words: str) -> str:
    """The numbers in a latin name, in order: works 2 and works 3 are two companies, however alike the letters."""
    return " ".join(str(int(digits)) for digits in sorted(_DIGITS.findall(words)))

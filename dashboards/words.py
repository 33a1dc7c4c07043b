"""Texts of ours in the languages that ship: gettext catalogues in `dashboards/locale/<language>.po`, read by Babel.

Belongs here: finding a text. Does not: numbers, dates (`company.locale`), names from data, which are never translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).resolve().parent / "locale"


def languages() -> tuple[str, ...]:
    """The languages with a catalogue, and English, which the texts are written in."""
    return ("en", *sorted(path.stem for path in CATALOGUES.glob("*.po")))


@cache
def words_of(language: str) -> Mapping[str, str]:
    """English text to the language's own; empty for English and for a language without a catalogue."""
    path = CATALOGUES / f"{language}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {
        with_context(str(message.id), message.context): str(message.string)
        for message in catalogue
        if message.id and message.string
    }


def with_context(text: str, context: str | None) -> str:
    """The key of a text that needs other words in one place than elsewhere (`msgctxt`), as gettext writes it."""
    return text if context is None else f"{context}\x04{text}"

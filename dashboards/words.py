"""Texts of ours in the languages that ship: gettext catalogues in `dashboards/locale/<language>.po`, read by Babel.

Belongs here: finding a text. Does not: numbers, dates (`company.locale`), names from data, which are never translated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from gettext import c2py
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).resolve().parent / "locale"


def languages() -> tuple[str, ...]:
    """The languages with a catalogue, and English, which the texts are written in."""
    return ("en", *sorted(path.stem for path in CATALOGUES.glob("*.po")))


@cache
def words_of(language: str) -> Mapping[str, str]:
    """English text to the language's own; empty for English and for a language without a catalogue."""
    return {
        with_context(str(message.id), message.context): str(message.string)
        for message in _catalogue(language)
        if message.id and message.string and not message.pluralizable
    }


@cache
def counted_words_of(language: str) -> Mapping[str, tuple[str, ...]]:
    """English text of one thing to the forms that the language has for counts, in the order of `form_of`."""
    return {
        str(message.id[0]): tuple(message.string)
        for message in _catalogue(language)
        if message.pluralizable and isinstance(message.string, tuple | list) and all(message.string)
    }


@cache
def form_of(language: str) -> Callable[[int], int]:
    """Which of its forms a language takes for a count: the catalogue's Plural-Forms, or Babel's where it has none."""
    rule: Callable[[int], int] = c2py(_catalogue(language).plural_expr)
    return rule


@cache
def _catalogue(language: str) -> Catalog:
    path = CATALOGUES / f"{language}.po"
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def with_context(text: str, context: str | None) -> str:
    """The key of a text that needs other words in one place than elsewhere (`msgctxt`), as gettext writes it."""
    return text if context is None else f"{context}\x04{text}"

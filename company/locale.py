"""How numbers, money and dates are written for people: one place for page, mail, PDF and terminal. Wraps Babel.

Words and colours do not belong here; neither does rounding for storage: values come as they are and only their text is
shortened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import babel
import jdatetime
from babel.dates import format_date, format_skeleton, get_date_format, get_datetime_format
from babel.numbers import (
    NumberPattern,
    format_compact_currency,
    format_compact_decimal,
    get_currency_precision,
    parse_pattern,
)

MISSING = "\N{EN DASH}"
"""Shown where a value is unknown: never a zero."""


_JALALI_MONTHS = {
    "fa": "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    "": "Farvardin Ordibehesht Khordad Tir Mordad Shahrivar Mehr Aban Azar Dey Bahman Esfand",
}
_MONTHS = {"fi": "LLLL y"}
"""How a month is written where the language's short form misleads: Finnish "kesä 2026" is a summer, not June."""
_NATIVE_DIGITS = {"arabext": "۰۱۲۳۴۵۶۷۸۹", "arab": "٠١٢٣٤٥٦٧٨٩"}


@dataclass(frozen=True)
class Locale:
    """A language and region such as `en_GB`. Every method takes None and gives the sign for a missing value.

    `digits`: latin ones everywhere, or the language's own. `dates`: days by the Gregorian or the Solar Hijri calendar;
    months stay Gregorian, because the numbers beside them are of Gregorian months.
    """

    name: str = "en_GB"
    digits: Literal["latin", "native"] = "latin"
    dates: Literal["gregorian", "jalali"] = "gregorian"

    @property
    def language(self) -> str:
        """The language alone: `en`."""
        return str(self._babel.language)

    @property
    def is_right_to_left(self) -> bool:
        """Whether the language is written from right to left."""
        return bool(self._babel.text_direction == "rtl")

    @cached_property
    def _babel(self) -> babel.Locale:
        return babel.Locale.parse(self.name)

    def money(self, amount: Decimal | None, currency: str, *, decimals: int | None = None) -> str:
        """An amount with its currency sign. `decimals`: places shown; left out, the currency's own."""
        if amount is None:
            return MISSING
        places = get_currency_precision(currency) if decimals is None else decimals
        pattern = _with_places(self._babel.currency_formats["standard"], places)
        text = pattern.apply(
            _without_lost_sign(amount, places),
            self._babel,
            currency=currency,
            currency_digits=False,
            numbering_system=self._numbering,
        )
        return self._signed(str(text))

    def compact_money(self, amount: Decimal | None, currency: str) -> str:
        """An amount to three figures or so: €1.24M. For cards and axes, never for tables that are added up."""
        if amount is None:
            return MISSING
        if abs(amount) < self._shortened_from:
            return self.money(amount, currency, decimals=0)
        text = format_compact_currency(
            amount, currency, locale=self._babel, fraction_digits=self._fraction_digits(amount),
            numbering_system=self._numbering,
        )  # fmt: skip
        return self._signed(text)

    def number(self, value: Decimal | int | None, *, decimals: int = 0) -> str:
        """A number with grouping and exactly `decimals` places."""
        if value is None:
            return MISSING
        pattern = _with_places(self._babel.decimal_formats[None], decimals)
        shown = _without_lost_sign(Decimal(value), decimals)
        return self._signed(str(pattern.apply(shown, self._babel, numbering_system=self._numbering)))

    def compact_number(self, value: Decimal | int | None) -> str:
        """A number to three figures or so: 1.24M."""
        if value is None:
            return MISSING
        amount = Decimal(value)
        if abs(amount) < self._shortened_from:
            return self.number(amount)
        text = format_compact_decimal(
            amount, locale=self._babel, fraction_digits=self._fraction_digits(amount), numbering_system=self._numbering
        )
        return self._signed(text)

    def percent(self, ratio: Decimal | float | None, *, decimals: int = 1) -> str:
        """A ratio (0.123) as a percentage (12.3%)."""
        if ratio is None:
            return MISSING
        pattern = _with_places(self._babel.percent_formats[None], decimals)
        # Between words from right to left the sign would stand on the other side than it does alone.
        shown = _without_lost_sign(Decimal(str(ratio)), decimals + 2)
        mark = "\N{LEFT-TO-RIGHT MARK}" if self.is_right_to_left and shown >= 0 else ""
        return mark + self._signed(str(pattern.apply(shown, self._babel, numbering_system=self._numbering)))

    def day(self, day: date | None) -> str:
        """A day: 30 Jun 2026."""
        if day is None:
            return MISSING
        if self.dates == "jalali":
            local = jdatetime.date.fromgregorian(date=day)
            names = _JALALI_MONTHS.get(self.language, _JALALI_MONTHS[""]).split()
            return self.with_digits(f"{local.day} {names[local.month - 1]} {local.year}")
        return self.with_digits(format_date(day, format="medium", locale=self._babel))

    @cached_property
    def day_pattern(self) -> str:
        """How `day` writes, as a CLDR pattern: d MMM y. For what formats days itself, such as a table on the screen."""
        return str(get_date_format("medium", locale=self._babel).pattern)

    def short_day(self, day: date | None) -> str:
        """A day of this year, where there is little room: 30 Jun."""
        return MISSING if day is None else format_skeleton("MMMd", day, locale=self._babel)

    def month(self, day: date | None) -> str:
        """The month of a day: Jun 2026."""
        if day is None:
            return MISSING
        if self.language in _MONTHS:
            return format_date(day, format=_MONTHS[self.language], locale=self._babel)
        return self.with_digits(format_skeleton("yMMM", day, locale=self._babel))

    def moment(self, at: datetime | None, time_zone: str) -> str:
        """A UTC moment in the company's time zone: 30 Jun 2026, 07:00."""
        if at is None:
            return MISSING
        local = at.astimezone(ZoneInfo(time_zone))
        glue = str(get_datetime_format("medium", locale=self._babel)).replace("'", "")
        return glue.format(self.with_digits(f"{local:%H:%M}"), self.day(local.date()))

    def plain(self, number: int) -> str:
        """A number without grouping: a year, a week."""
        return self.with_digits(str(number))

    @property
    def _shortened_from(self) -> int:
        # East Asian languages count in ten thousands.
        return 10_000 if self.language in {"zh", "ja", "ko"} else 1000

    def _fraction_digits(self, amount: Decimal) -> int:
        # Three significant figures: 1.24M, 12.4M, 124M.
        group = 4 if self._shortened_from == 10_000 else 3
        return max(0, 2 - amount.copy_abs().adjusted() % group)

    @property
    def _numbering(self) -> str:
        return "default" if self.digits == "native" else "latn"

    def _signed(self, text: str) -> str:
        # Babel leaves the hyphen of its patterns; CLDR's own sign keeps left of the number from right to left too.
        symbols = self._babel.number_symbols
        native = symbols.get(self._babel.default_numbering_system, {}) if self.digits == "native" else {}
        return self.with_digits(text.replace("-", native.get("minusSign") or symbols["latn"]["minusSign"]))

    def with_digits(self, text: str) -> str:
        """A text with its digits as this locale writes them."""
        # Babel writes the separators of a numbering system and leaves its digits to others.
        if self.digits == "latin":
            return text
        digits = _NATIVE_DIGITS.get(self._babel.default_numbering_system)
        return text if digits is None else text.translate(str.maketrans("0123456789%", f"{digits}٪"))


_SIGNED = re.compile(r"(?<![^\s(\u200e\u200f])([+\-\u2212±])(?=[^\s\d\u2060+\-\u2212]{0,4}\xa0?\d)")
"""A sign at the start of a word, before the currency or the first digit: not the hyphens of days and document ids."""


def unbroken(text: str) -> str:
    """A sentence whose signs stay on the line of their amounts: "−€0.1M" may be broken after its sign."""
    return _SIGNED.sub("\\1\N{WORD JOINER}", text)


def _without_lost_sign(value: Decimal, places: int) -> Decimal:
    """A value that rounds to nothing without its sign: nobody owes minus nothing."""
    return abs(value) if round(value, places) == 0 else value


def _with_places(standard: NumberPattern, places: int) -> NumberPattern:
    pattern = parse_pattern(standard.pattern)
    pattern.frac_prec = (places, places)
    return pattern

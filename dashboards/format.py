"""How a metric's value and its change read: unit, sign and precision by kind of number.

Wraps `company.locale`, which knows how a locale writes numbers. Colours and layout do not belong here.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from company.locale import MISSING, Locale
from company.metric_plans import Unit
from dashboards.words import counted_words_of, form_of, with_context, words_of


@dataclass(frozen=True)
class Display:
    """Writes values for one locale and one reporting currency."""

    locale: Locale
    currency: str

    def value(self, value: Decimal | None, unit: Unit) -> str:
        """A value in full: €1,234,567 · 41.3% · 3.20× · 47 days."""
        match unit:
            case "money":
                return self.locale.money(value, self.currency, decimals=0)
            case "ratio":
                return self.locale.percent(value)
            case "multiple":
                return MISSING if value is None else f"{self.locale.number(value, decimals=1)}×"
            case "count":
                return self.locale.number(value)
            case "days":
                return MISSING if value is None else self.say_count("{count} day", "{count} days", round(value))
            case "months":
                return MISSING if value is None else f"{self.locale.number(value, decimals=1)} {self.say('months')}"

    def short(self, value: Decimal | None, unit: Unit) -> str:
        """A value for cards, axes and sentences: €1.23M. Other units as in `value`."""
        if unit == "money":
            return self.locale.compact_money(value, self.currency)
        if unit == "count":
            return self.locale.compact_number(value)
        return self.value(value, unit)

    def change(self, now: Decimal | None, before: Decimal | None, unit: Unit) -> str | None:
        """The signed change: in points for a ratio, in days or months for those, else in percent of `before`.

        None where it cannot be said: an unknown side, or a base of zero or of the other sign. The sign says which way
        the value went, also below zero: a loss that grew has fallen.
        """
        if now is None or before is None:
            return None
        if unit == "ratio":
            return (
                f"{self.sign(now - before)}{self.locale.number(abs(now - before) * 100, decimals=1)} {self.say('pts')}"
            )
        if unit in {"days", "months", "multiple"}:
            size = self.value(abs(now - before), unit)
            # What rounds to nothing has no direction: "-0 days" is no news.
            sign = "±" if size == self.value(Decimal(0), unit) else self.sign(now - before)
            return f"{sign}{size}"
        if before == 0 or (before < 0) != (now < 0):
            return None
        size = self.locale.percent(abs((now - before) / before)).lstrip("\N{LEFT-TO-RIGHT MARK}")
        return f"{self.sign(now - before)}{size}"

    def sign(self, value: Decimal) -> str:
        """The sign of a change, kept to the left of its number in every direction of writing."""
        mark = "\N{LEFT-TO-RIGHT MARK}" if self.locale.is_right_to_left else ""
        return mark + ("+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else "±")

    def say(self, template: str, **values: object) -> str:
        """A text of ours in the reader's language, its {places} filled. What no catalogue holds stays English."""
        text = self.locale.with_digits(words_of(self.locale.language).get(template, template))
        return text.format(**values) if values else text

    def say_count(self, one: str, many: str, count: int | float, /, **values: object) -> str:
        """A text that counts something, in the form that the reader's language has for so many.

        `one` and `many` are English; `{count}` is filled with the number as the language writes it. What is not whole
        (1.5 hours) is counted as many.
        """
        language = self.locale.language
        forms = counted_words_of(language).get(one, (one, many))
        is_whole = count == int(count)
        if not is_whole:
            place = len(forms) - 1
        else:
            place = form_of(language)(int(count)) if forms != (one, many) else int(count != 1)
        number = self.locale.number(Decimal(str(count)), decimals=0 if is_whole else 1)
        return self.locale.with_digits(forms[place]).format(count=number, **values)

    def say_as(self, context: str, text: str) -> str:
        """A text that some languages word otherwise in one `context`: a margin in money and one in percent."""
        found = words_of(self.locale.language).get(with_context(text, context))
        return self.say(text) if found is None else self.locale.with_digits(found)

    def name(self, name: str) -> str:
        """A name from data, whose own signs stay on its own sides in every direction: 'Acme Inc.', not '.Acme Inc'."""
        letters = {unicodedata.bidirectional(letter) for letter in name}
        if not self.locale.is_right_to_left or "L" not in letters or letters & {"R", "AL"}:
            return name
        return f"\N{LEFT-TO-RIGHT MARK}{name}\N{LEFT-TO-RIGHT MARK}"

    def drawn(self, text: str) -> str:
        """A text for a chart, which is drawn from left to right: in the order of the reader's own writing."""
        if not self.locale.is_right_to_left:
            return text
        return f"\N{RIGHT-TO-LEFT EMBEDDING}{text}\N{POP DIRECTIONAL FORMATTING}"

    def plain(self, number: int) -> str:
        """A number without grouping: a year, a week."""
        return self.locale.plain(number)

    def day(self, day: date) -> str:
        return self.locale.day(day)

    def month(self, day: date) -> str:
        return self.locale.month(day)

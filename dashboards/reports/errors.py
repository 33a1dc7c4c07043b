"""What a report ends in when it cannot be made, in words for the person who asked for it."""

from __future__ import annotations

from datetime import date

from company.locale import Locale
from dashboards.format import Display


class ReportError(Exception):
    """A report cannot be composed. Nothing was sent."""


class HeldError(ReportError):
    """The report must wait: its inputs failed or are stale. The text says why, in English for the log.

    `said` says it in a recipient's language: `reason` is a text of the catalogues, `values` fill its places.
    """

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason.format(**values) if values else reason)
        self.reason, self.values = reason, values

    def said(self, display: Display) -> str:
        values = {name: display.day(value) if isinstance(value, date) else value for name, value in self.values.items()}
        return display.say(self.reason, **values)


class OldNumbersError(HeldError):
    """The report must wait: what is published is older than the company promises its readers."""

    def __init__(self, hours: float) -> None:
        super().__init__(_older_than(hours, Display(Locale("en"), "")))
        self.hours = hours

    def said(self, display: Display) -> str:
        return _older_than(self.hours, display)


def _older_than(hours: float, display: Display) -> str:
    return display.say_count(
        "the published numbers are older than {count} hour",
        "the published numbers are older than {count} hours",
        hours,
    )

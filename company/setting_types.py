"""What a setting may be: types with the words that tell a person what is allowed.

`settings` and `mailing` are made of them. How a fault is told is in `company.faults`. No setting stands here.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

import babel
from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from company.faults import Allowed

NAME = r"^[a-z][a-z0-9_]*$"
DayOfWeek = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS_OF_WEEK: tuple[DayOfWeek, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def no_flag(value: object) -> object:
    """Refuses true and false where a number belongs."""
    # pydantic takes true for 1; a person who writes `port: true` made a mistake.
    if isinstance(value, bool):
        raise ValueError("a flag is no number")
    return value


def _day(value: object) -> object:
    # pydantic would read a bare number as seconds since 1970.
    if not isinstance(value, str):
        raise ValueError("not a date")
    return value


@cache
def _zones() -> frozenset[str]:
    # Each look walks the folders of the time zones, 30 ms, and a report's declaration is read again for each mail.
    return frozenset(available_timezones())


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("unknown time zone")
    return value


def _known_currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError("unknown currency")
    return value


def _known_locale(value: str) -> str:
    try:
        babel.Locale.parse(value)
    except (ValueError, babel.UnknownLocaleError) as error:
        raise ValueError("unknown locale") from error
    return value


Text = Annotated[str, Field(min_length=1), Allowed("text")]
Whole = Annotated[int, BeforeValidator(no_flag), Field(ge=1), Allowed("a whole number of 1 or more")]
Hours = Annotated[float, BeforeValidator(no_flag), Field(gt=0), Allowed("a number of hours above 0")]
Currency = Annotated[str, AfterValidator(_known_currency), Allowed("an ISO 4217 code such as EUR")]
TimeZone = Annotated[str, AfterValidator(_known_zone), Allowed("a time zone such as Europe/Helsinki")]
LocaleName = Annotated[str, AfterValidator(_known_locale), Allowed("a language and region such as en_GB")]
Day = Annotated[date, BeforeValidator(_day), Allowed("a date such as 2026-06-30")]
Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$"), Allowed("an e-mail address")]
Cron = Annotated[
    str,
    Field(pattern=r"^\s*([0-9*/,\-]+\s+){2}[0-9*/,\-L]+\s+[0-9A-Za-z*/,\-]+\s+[0-9A-Za-z*/,\-#L]+\s*$"),
    Allowed('five cron fields such as "0 7 * * 1"'),
]


class Part(BaseModel):
    """A group of settings: frozen, and an unknown name in it is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")

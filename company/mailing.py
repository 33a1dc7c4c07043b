"""Reports, alerts, mail server and webhooks as plumbline.yaml declares them. Nothing here is sent or computed.

What the settings lead to is in `dashboards.reports` and `dashboards.alerts`; `company.settings` holds the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from company.faults import Allowed
from company.setting_types import NAME, Address, Cron, Hours, LocaleName, Part, Text, TimeZone, Whole, no_flag

Every = Literal["day", "week", "month"]
Digits = Literal["latin", "native"]
CalendarOfDates = Literal["gregorian", "jalali"]

_RECIPIENT = re.compile(r"[^@\s:]+@[^@\s]+|(role|list):[a-z][a-z0-9_]*")
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


def _recipient(value: str) -> str:
    if not _RECIPIENT.fullmatch(value):
        raise ValueError("no recipient")
    return value


def _hours(value: str) -> str:
    if not _HOUR.fullmatch(value):
        raise ValueError("no hours of a day")
    return value


Recipient = Annotated[str, AfterValidator(_recipient), Allowed("an e-mail address, role:NAME or list:NAME")]
Recipients = Annotated[tuple[Recipient, ...], Allowed("a list of e-mail addresses, role:NAME or list:NAME")]
Attachment = Annotated[Literal["pdf", "xlsx", "csv"], Allowed("pdf, xlsx or csv")]
Filter = Annotated[
    str | tuple[str, ...], Allowed("a value, a list of values, or user.ATTRIBUTE for the recipient's own")
]
Number = Annotated[float, BeforeValidator(no_flag), Allowed("a number")]


class ReportSection(Part):
    """One section of a report: its kind and what that kind wants to know. `plumbline report kinds` lists them."""

    kind: Annotated[str, Field(pattern=NAME), Allowed("a kind of section")]
    title: Text | None = None
    metrics: Annotated[tuple[Text, ...], Allowed("a list of metric names")] = ()
    by: Annotated[str | None, Field(pattern=NAME), Allowed("a dimension of the metric")] = None
    rows: Whole | None = None
    text: Text | None = None


class Report(Part):
    """One scheduled report. `schedule` is in `time_zone`; left out, the company's.

    A report of a name that ships with the product takes what is left out from there.
    """

    schedule: Cron
    title: Text | None = None
    every: Annotated[Every | None, Allowed("day, week or month")] = None
    """The length of a period: one mail per report, period and recipient."""
    time_zone: TimeZone | None = None
    business_day: Whole | None = None
    """Monthly only: not before this business day of the month."""
    business_days_only: Annotated[bool, Allowed("true or false")] = False
    late_after_hours: Hours | None = None
    """A mail not out by then has expired."""
    recipients: Recipients = ()
    period: Annotated[
        Literal["month", "quarter", "year", "12m", "24m"] | None, Allowed("month, quarter, year, 12m or 24m")
    ] = None
    comparison: Annotated[Literal["year", "period"] | None, Allowed("year or period")] = None
    filters: Annotated[Mapping[str, Filter], Allowed("a mapping of dimension to value")] = Field(default_factory=dict)
    sections: Annotated[tuple[ReportSection, ...], Allowed("a list of {kind, title, ...}")] = ()
    attachments: Annotated[tuple[Attachment, ...], Allowed("a list of pdf, xlsx and csv")] = ("pdf",)
    only_when: Annotated[
        tuple[Annotated[Literal["fresh", "something_to_say"], Allowed("fresh or something_to_say")], ...],
        Allowed("a list of fresh and something_to_say"),
    ] = ("fresh",)
    when_held: Annotated[Literal["notice", "silent"], Allowed("notice or silent")] = "notice"
    language: LocaleName | None = None
    digits: Annotated[Digits, Allowed("latin or native")] = "latin"
    dates: Annotated[CalendarOfDates, Allowed("gregorian or jalali")] = "gregorian"
    owner: Address | None = None

    @property
    def repeats(self) -> Every:
        """The period: as said, else what the schedule's fields narrow to."""
        if self.every is not None:
            return self.every
        _, _, day_of_month, _, day_of_week = self.schedule.split()
        if day_of_month != "*" or self.business_day is not None:
            return "month"
        return "week" if day_of_week.isdigit() else "day"


class Mail(Part):
    """The mail server. Where plumbline.yaml has none, mails are written to the outbox folder."""

    host: Text
    port: Annotated[int, BeforeValidator(no_flag), Field(ge=1, le=65535), Allowed("a port number from 1 to 65535")] = (
        587
    )
    security: Annotated[Literal["starttls", "tls", "none"], Allowed("starttls, tls or none")] = "starttls"
    username: Text | None = None
    password: Annotated[SecretStr | None, Allowed("text, best as ${NAME}")] = None
    token_file: Annotated[Path | None, Allowed("the path of a file that holds an OAuth2 access token")] = None
    """Signs in by XOAUTH2. The file is read for each connection; keeping its token fresh is the company's."""
    sender: Annotated[str, Field(pattern=r"@"), Allowed('an address such as "Plumbline <reports@example.com>"')]
    per_minute: Whole | None = None
    """At most so many mails a minute, over all processes."""
    allowed_domains: Annotated[tuple[Text, ...], Allowed("a list of domains such as example.com")] = ()
    """Where given, nobody outside of these domains gets a mail."""

    def allows(self, address: str) -> bool:
        """Whether mails may go to the address's domain."""
        domain = address.rpartition("@")[2].casefold()
        return not self.allowed_domains or domain in {name.casefold() for name in self.allowed_domains}


class Webhook(Part):
    """An address that alerts are posted to. Its host must stand in `allowed_webhook_hosts`."""

    url: Annotated[SecretStr, Allowed("an https address, best as ${NAME}")]
    form: Annotated[Literal["json", "slack"], Allowed("json or slack")] = "json"


class Alert(Part):
    """One rule on a metric or on the data, and who hears of it.

    threshold: the value is below or above a number. change: its change against the comparison, as a part of it (-0.1).
    pace: the part of the target to date that is reached. anomaly: the last month against the metric's own history, in
    robust standard deviations. forecast: the lowest projected cash within `weeks`. data: a condition of the data.
    """

    kind: Annotated[
        Literal["threshold", "change", "pace", "anomaly", "forecast", "data"],
        Allowed("threshold, change, pace, anomaly, forecast or data"),
    ]
    title: Text | None = None
    metric: Annotated[str | None, Field(pattern=NAME), Allowed("a metric name")] = None
    condition: Annotated[
        Literal["stale", "failed_checks", "quarantined_rows", "held_rows", "unmatched_revenue"] | None,
        Allowed("stale, failed_checks, quarantined_rows, held_rows or unmatched_revenue"),
    ] = None
    by: Annotated[str | None, Field(pattern=NAME), Allowed("a dimension of the metric")] = None
    filters: Annotated[Mapping[str, Filter], Allowed("a mapping of dimension to value")] = Field(default_factory=dict)
    period: Annotated[
        Literal["month", "quarter", "year", "12m", "24m"], Allowed("month, quarter, year, 12m or 24m")
    ] = "month"
    comparison: Annotated[Literal["year", "period"], Allowed("year or period")] = "year"
    below: Number | None = None
    above: Number | None = None
    weeks: Whole = 13
    deviations: Annotated[float, BeforeValidator(no_flag), Field(gt=0), Allowed("a number above 0")] = 4.0
    firing_after: Whole = 1
    """So many looks in a row must find it before anybody is told."""
    renotify_hours: Hours | None = None
    quiet_hours: Annotated[str | None, AfterValidator(lambda v: v if v is None else _hours(v)),
                           Allowed('hours such as "22:00-07:00"')] = None  # fmt: skip
    digest: Annotated[bool, Allowed("true or false")] = False
    """Told with all other digests in one mail a day instead of at once."""
    recipients: Recipients = ()
    webhooks: Annotated[tuple[Text, ...], Allowed("a list of webhook names")] = ()
    owner: Address | None = None
    """Told when the alert itself fails; left out, the operator."""

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        for fault in self.faults():
            raise ValueError(f"found {fault}")
        return self

    def faults(self) -> tuple[str, ...]:
        """What keeps the rule from being judged, in a person's words; empty where it can be."""
        if self.kind == "data":
            if self.condition is None:
                return ("no condition; allowed: stale, failed_checks, quarantined_rows, held_rows, unmatched_revenue",)
            return ()
        if self.kind == "forecast":
            return () if self.below is not None else ("no `below`; allowed: the least amount of cash",)
        if self.metric is None:
            return ("no metric; allowed: a metric name",)
        if self.kind in {"threshold", "change", "pace"} and self.below is None and self.above is None:
            return ("neither `below` nor `above`; allowed: one of them or both",)
        return ()


class Alerting(Part):
    """When alerts are looked at, when digests go out, and where webhooks may lead."""

    schedule: Cron = "15 * * * *"
    digest_hour: Annotated[int, BeforeValidator(no_flag), Field(ge=0, le=23), Allowed("an hour from 0 to 23")] = 8
    allowed_webhook_hosts: Annotated[tuple[Text, ...], Allowed("a list of host names")] = ()

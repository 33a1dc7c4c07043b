"""Short mails about reports: one is held, some did not arrive, a run failed.

Belongs here: what they say, to whom, under which key. Does not: the states of the reports themselves (`delivery`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime

from company.mailing import Report
from company.settings import Settings
from dashboards.format import Display
from dashboards.reports.declared import declared
from dashboards.reports.desk import Desk, Result, transport_of
from dashboards.reports.errors import HeldError, ReportError
from dashboards.reports.occasions import period_words
from dashboards.reports.recipients import locale_of
from dashboards.reports.store import Delivery

HELD, TROUBLE = ".held", ".trouble"
"""Endings of the names that notices about a report are kept under."""
ENDED = {
    "rejected": "was refused",
    "unknown": "may have arrived",
    "expired": "came too late to be sent",
}
"""How a mail ended that did not arrive, as far as is known, in words of the catalogues."""
COPY = ".copy"
"""Ending of the name that copies are kept under: what a person asked for besides the mail of the period."""


def report_of(delivery: Delivery) -> str:
    """The report that a delivery, or a copy, is of."""
    return delivery.report.removesuffix(COPY)


def period_of(delivery: Delivery) -> str:
    """The period that a delivery, or a copy, is of."""
    return delivery.period.partition("+")[0]


def tell_operator(settings: Settings, *, subject: str, text: str, key: str, now: datetime) -> Result | None:
    """A short mail to the operator of plumbline.yaml, once per key; None where it names none."""
    if settings.operator is None:
        return None
    desk = Desk(settings, lambda: now, transport_of(settings), time.sleep)
    return desk.notice(report="operator", period=key, recipient=settings.operator, subject=subject, text=text)


def hold(desk: Desk, delivery: Delivery, report: Report, why: HeldError) -> Result:
    """Close a mail as held; its recipient gets a short notice, unless configured otherwise."""
    result = desk.close_unclaimed(delivery, "held", str(why))
    is_copy = delivery.report.endswith(COPY)  # whoever asked for it is told at once
    if report.when_held == "notice" and not is_copy and result.state == "held":
        display = display_for(desk.settings, delivery.recipient, report)
        say = display.say
        title, period = say(report.title or delivery.report), period_words(delivery.period, display)
        ask = report.owner or desk.settings.operator or say("your administrator")
        told = say(
            "{title} of {company} for {period} is held back: {why}",
            title=title, company=desk.settings.company.name, period=period, why=why.said(display),
        )  # fmt: skip
        desk.notice(
            report=f"{delivery.report}{HELD}",
            period=delivery.period,
            recipient=delivery.recipient,
            subject=say("{title}, {period}, is held", title=title, period=period),
            text=f"{told}\n\n{say('It comes when that is mended. Questions: {ask}', ask=ask)}\n",
        )
    return result


def display_for(settings: Settings, address: str, report: Report | None = None) -> Display:
    """How notices to a person are worded: their language, and the company's currency."""
    return Display(locale_of(settings, address, report), settings.company.reporting_currency)


def tell_owners(desk: Desk, results: Sequence[Result]) -> None:
    """One notice per report and call about mails that ended badly, to the report's owner or the operator."""
    bad = [result for result in results if result.is_news and result.state in {"rejected", "unknown", "expired"}]
    for name, period in dict.fromkeys((result.report, result.period) for result in bad):
        if name.endswith((HELD, TROUBLE, COPY)) or name == "operator":
            continue
        try:
            report = declared(desk.settings, name)
        except ReportError:  # an alert, or a report that plumbline.yaml has no more
            report = None
        owner = (report.owner if report else None) or desk.settings.operator
        if owner is None:
            continue
        display = display_for(desk.settings, owner)
        say = display.say
        title, over = (say(report.title or name), period_words(period, display)) if report else (name, period)
        mails = [result for result in bad if (result.report, result.period) == (name, period)]
        lines = [f"{mail.recipient}: {say(ENDED[mail.state])} ({mail.detail})" for mail in mails]
        # Of what happened and not of its words: another language of the owner's is no news.
        ended = "\n".join(f"{mail.recipient}: {mail.state} ({mail.detail})" for mail in mails)
        digest = hashlib.sha256(ended.encode()).hexdigest()[:8]
        first = say("Of the report {report} for {period}:", report=title, period=over)
        last = say("`plumbline report resend {report}` sends again what you decide to.", report=name)
        desk.notice(
            report=f"{name}{TROUBLE}",
            period=f"{period}-{digest}",
            recipient=owner,
            subject=display.say_count(
                "{report}, {period}: {count} mail did not arrive",
                "{report}, {period}: {count} mails did not arrive",
                len(lines),
                report=title,
                period=over,
            ),
            text="\n".join([first, "", *lines, "", last]) + "\n",
        )

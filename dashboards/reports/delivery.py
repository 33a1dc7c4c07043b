"""Sending reports: what is due, to whom, with which right, once. The steps of one mail are `desk`'s.

Belongs here: planning, writing per audience, cancelling, expiring. Does not: SMTP, states, notices (`notices`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from company.mailing import Report
from company.settings import Settings
from company.versions import current_version
from dashboards.reports import message as messages
from dashboards.reports.composing import compose, open_reading, why_held
from dashboards.reports.declared import declared
from dashboards.reports.desk import LEASE, NOTICE, Desk, Result, sender_of, transport_of
from dashboards.reports.errors import HeldError, ReportError
from dashboards.reports.links import dashboards_link, way_out
from dashboards.reports.notices import COPY, hold, period_of, report_of, tell_owners
from dashboards.reports.occasions import is_due, occasion
from dashboards.reports.recipients import (
    Audience,
    RightLostError,
    addresses,
    attachments_for,
    audience_of,
    firing_for,
    recipients_of,
)
from dashboards.reports.sections.registry import Firing
from dashboards.reports.store import FINAL, RELEASABLE, Delivery
from dashboards.reports.subscriptions import choices
from dashboards.reports.transport import Transport

__all__ = ["LEASE", "ReportError", "Result", "resume", "send", "send_on_schedule"]


@dataclass(frozen=True, slots=True)
class Written:
    """A report as bytes for one audience, kept in the archive."""

    content: str
    version: str
    subject: str


@dataclass
class Round:
    """One call's work: the desk, the settings as they are now, and what has been written in this call."""

    desk: Desk
    reload: Callable[[], Settings]
    firing: Callable[[Settings], tuple[Firing, ...]]
    written: dict[tuple[str, str, str], Written | ReportError] = field(default_factory=dict)


def send(
    settings: Settings,
    name: str,
    *,
    to: Sequence[str] = (),
    now: Callable[[], datetime],
    transport: Transport | None = None,
    due_at: datetime | None = None,
    reload: Callable[[], Settings] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    firing: Callable[[Settings], tuple[Firing, ...]] = lambda _: (),
) -> list[Result]:
    """Send a report of the period that `due_at` (now where left out) lies in, once per recipient.

    `to` replaces the listed recipients; their rights are asked all the same. A mail that was sent, refused or is
    unknown for this period stays as it is; one that waits is tried again when its time has come. Where inputs failed or
    are stale the report is held: recipients get a short notice instead, and `resume` sends it when that is mended.
    """
    report = declared(settings, name)
    people = tuple(dict.fromkeys(address.strip().lower() for address in to)) or recipients_of(settings, name, report)
    if not people and not addresses(settings, report.recipients):
        raise ReportError(f"plumbline.yaml: reports.{name}.recipients: missing; allowed: a list of e-mail addresses")
    due = occasion(settings, report, due_at or now())
    round_ = _round(settings, now=now, transport=transport, reload=reload, sleep=sleep, firing=firing)
    version = current_version(settings.folders) or ""
    deliveries = [
        round_.desk.plan(name, due.period, address, version=version, deadline=due.deadline) for address in people
    ]
    return _work(round_, deliveries)


def send_copy(settings: Settings, name: str, *, to: str, now: Callable[[], datetime], **how: Any) -> Result:
    """Send one person a report of the running period now, besides the period's own mail. Raises ReportError.

    It goes through the same states, under a key of its own; rights are asked as for every mail.
    """
    due = occasion(settings, declared(settings, name), asked_at := now())
    round_ = _round(settings, now=now, **how)
    copy = round_.desk.plan(
        f"{name}{COPY}",
        f"{due.period}+{asked_at:%Y%m%dT%H%M%S}",
        to.strip().lower(),
        version=current_version(settings.folders) or "",
        deadline=due.deadline,
    )
    return _work(round_, [copy])[0]


def resend(
    settings: Settings, name: str, *, period: str, recipient: str, now: Callable[[], datetime], **how: Any
) -> Result:
    """Release a mail that is unknown, rejected, expired or cancelled, by a person's decision, and send it.

    Raises ReportError where nothing waits for that.
    """
    round_ = _round(settings, now=now, **how)
    store = round_.desk.store
    is_released = store.release(report=name, period=period, recipient=recipient, now=now())
    found = store.find(report=name, period=period, recipient=recipient)
    if not is_released or found is None:
        state = f"is {found.state}" if found else "was never planned"
        raise ReportError(f"{name} {period} to {recipient} {state}; only {', '.join(RELEASABLE)} mails are sent again")
    return _work(round_, [found])[0]


def send_on_schedule(
    settings: Settings, name: str, *, due_at: datetime, now: Callable[[], datetime], **how: object
) -> list[Result]:
    """As `send`, at a tick of the report's schedule: nothing on days that the report leaves out."""
    report = declared(settings, name)
    if not is_due(settings, report, occasion(settings, report, due_at).day):
        return []
    return send(settings, name, due_at=due_at, now=now, **how)  # type: ignore[arg-type]


def resume(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    transport: Transport | None = None,
    reload: Callable[[], Settings] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    firing: Callable[[Settings], tuple[Firing, ...]] = lambda _: (),
) -> list[Result]:
    """Take up everything that waits: retries whose time has come, held reports, what a dead process left behind.

    What is past its deadline is closed as expired.
    """
    round_ = _round(settings, now=now, transport=transport, reload=reload, sleep=sleep, firing=firing)
    store = round_.desk.store
    expired = [
        Result(late.recipient, "expired", late.detail, late.report, late.period, is_news=True)
        for late in store.expire(now())
    ]
    return [*expired, *_work(round_, store.due(now()), also=expired)]


def _round(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    transport: Transport | None = None,
    reload: Callable[[], Settings] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    firing: Callable[[Settings], tuple[Firing, ...]] = lambda _: (),
) -> Round:
    desk = Desk(settings, now, transport or transport_of(settings), sleep)
    return Round(desk, reload or (lambda: settings), firing)


def _work(round_: Round, deliveries: Iterable[Delivery], *, also: Sequence[Result] = ()) -> list[Result]:
    results = [_one(round_, delivery) for delivery in deliveries]
    tell_owners(round_.desk, [*also, *results])
    return results


def _one(round_: Round, delivery: Delivery) -> Result:
    """One delivery as far as it can go now."""
    desk = round_.desk
    if delivery.audience == NOTICE or delivery.state in FINAL:
        return desk.standing(delivery) if delivery.state in FINAL else desk.send_written(delivery)
    if delivery.deadline is not None and desk.now() > delivery.deadline:
        return desk.close_unclaimed(delivery, "expired", "not out by its deadline")
    report: Report | None = None
    try:
        settings = round_.reload()
        report = declared(settings, report_of(delivery))
        # A copy was asked for; a mail of the period may have waited since before the choice.
        if choices(settings.folders, delivery.report).get(delivery.recipient) is False:
            raise RightLostError("the recipient has unsubscribed")
        return _send_report(round_, delivery, report)
    except RightLostError as error:
        return desk.close_unclaimed(delivery, "cancelled", str(error))
    except ReportError as error:
        if isinstance(error, HeldError) and report is not None:
            return hold(desk, delivery, report, error)
        return desk.close_unclaimed(delivery, "cancelled", str(error))


def _send_report(round_: Round, delivery: Delivery, report: Report) -> Result:
    """Write the mail and send it. Raises RightLostError, HeldError, ReportError, with nothing claimed."""
    desk = round_.desk
    # Twice: who may see what can change between writing a mail and holding the right to send it.
    for _ in range(2):
        audience = audience_of(round_.reload(), report, delivery.recipient)
        _write(round_, delivery, report, audience)
        desk.wait_for_turn()
        claim = desk.claim(delivery)
        found = desk.store.find(report=delivery.report, period=delivery.period, recipient=delivery.recipient)
        if claim is None or found is None:
            break
        try:
            still = audience_of(round_.reload(), report, delivery.recipient)
        except RightLostError as error:
            return desk.close(claim, "cancelled", f"the right was lost: {error}")
        if found.content and found.audience == still.key:
            return desk.hand_over(claim, found)
        desk.close(claim, "planned", "access changed: to be written again")
        delivery = found
    return desk.standing(delivery)


def _write(round_: Round, delivery: Delivery, report: Report, audience: Audience) -> None:
    """Write the mail for its audience unless that is done. Raises HeldError, ReportError."""
    desk = round_.desk
    if delivery.content and delivery.audience == audience.key and delivery.state != "held":
        return
    key = (delivery.report, delivery.period, audience.key)
    if key not in round_.written:
        try:
            round_.written[key] = _bytes(round_, delivery, report, audience)
        except ReportError as error:
            round_.written[key] = error
    written = round_.written[key]
    if isinstance(written, ReportError):
        raise written
    headers = messages.headers(
        written.subject,
        sender=sender_of(desk.settings),
        recipient=delivery.recipient,
        message_id=delivery.message_id,
        now=desk.now(),
        unsubscribe=report_of(delivery),
        way_out=way_out(desk.settings, report_of(delivery), delivery.recipient),
    )
    desk.store.render(
        delivery,
        content=written.content,
        headers=headers.decode("ascii"),
        version=written.version,
        audience=audience.key,
        now=desk.now(),
    )


def _bytes(round_: Round, delivery: Delivery, report: Report, audience: Audience) -> Written:
    desk, name, period = round_.desk, report_of(delivery), period_of(delivery)
    reading = open_reading(desk.settings, report, audience, period)
    if why := why_held(reading, report, period, now=desk.now()):
        raise why
    earlier = [sent.updated_at for sent in desk.store.deliveries(name, states=("sent",)) if sent.period != period]
    content = compose(
        reading,
        name,
        report,
        period=period,
        previous_at=max(earlier, default=None),
        firing=firing_for(round_.firing(desk.settings), audience),
    )
    if "something_to_say" in report.only_when and not content.says_something:
        raise ReportError("nothing to say for this period")
    rendered = messages.render(
        content,
        attachments=attachments_for(report, audience),
        link=dashboards_link(desk.settings, reading.filters),
        display=reading.display,
    )
    return Written(desk.archive.put(messages.body(rendered)), content.version, messages.subject_of(content))

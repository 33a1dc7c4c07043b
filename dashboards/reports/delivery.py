"""Sending a report: what is due, to whom, once. Composes with the version that is published, claims, hands over, notes.

Belongs here: the order of these steps and the decision to hold. Does not: SMTP (`transport`), states (`store`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

from company.settings import Settings
from company.versions import latest_run
from dashboards.access import reader_access
from dashboards.filters import Filters, last_ended_month, ranges
from dashboards.format import Display
from dashboards.published import current
from dashboards.reading import Reading
from dashboards.reports import message as messages
from dashboards.reports import weekly_executive
from dashboards.reports.content import ReportContent
from dashboards.reports.transport import Outbox, SmtpServer, Transport
from dashboards.store import Delivery, Store

COMPOSERS: Mapping[str, Callable[[Reading], ReportContent]] = {weekly_executive.NAME: weekly_executive.compose}
LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 5
DEFAULT_SENDER = "Plumbline <plumbline@localhost>"


class ReportError(Exception):
    """A report cannot be composed. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one recipient's mail in this call."""

    recipient: str
    state: str
    detail: str


def transport_of(settings: Settings) -> Transport:
    """The mail server of plumbline.yaml, or the outbox folder where it names none."""
    return SmtpServer(settings.mail) if settings.mail else Outbox(settings.folders.outbox)


def sender_of(settings: Settings) -> str:
    return settings.mail.sender if settings.mail else DEFAULT_SENDER


def compose(settings: Settings, name: str) -> tuple[ReportContent, Reading]:
    """The report of the published version. Raises ReportError for an unknown name or where nothing is published."""
    composer = COMPOSERS.get(name)
    if composer is None:
        raise ReportError(f"no report is called {name!r}; known: {', '.join(COMPOSERS)}")
    published = current(settings.folders, reader_access(settings).profile_hash)
    if published is None:
        raise ReportError("nothing is published yet; run `plumbline run` first")
    last_month = last_ended_month(published.cursor(), published.manifest.as_of)
    now, before = ranges("12m", "year", last_month)
    display = Display(settings.company.number_formats, published.manifest.reporting_currency)
    reading = Reading(
        settings, published, Filters("12m", "year", now, before, {}), display, latest_run(settings.folders)
    )
    return composer(reading), reading


def preview(settings: Settings, name: str, output: Path, *, now: datetime) -> list[Path]:
    """Write the mail (.eml), its HTML, text, charts and attachments to a folder. Nothing is sent or noted."""
    content, reading = compose(settings, name)
    rendered = messages.render(content, attachments=("pdf", "xlsx"), link=None, locale=reading.display.locale)
    output.mkdir(parents=True, exist_ok=True)
    mail = messages.mail(
        rendered,
        sender=sender_of(settings),
        recipient="preview@localhost",
        message_id=f"<preview.{content.period_key}@plumbline>",
        now=now,
    )
    shown = rendered.html
    for key, cid in rendered.cids.items():
        shown = shown.replace(f"cid:{cid}", f"{key}.png")
    files = {f"{name}.html": shown.encode(), f"{name}.txt": rendered.text.encode(), f"{name}.eml": bytes(mail)}
    files |= {f"{key}.png": image for key, image in rendered.images.items()}
    files |= {file: data for file, (_, data) in rendered.attachments.items()}
    paths = []
    for file, data in files.items():
        path = output / file
        path.write_bytes(data)
        paths.append(path)
    return paths


def send(
    settings: Settings,
    name: str,
    *,
    to: Sequence[str] = (),
    now: Callable[[], datetime],
    transport: Transport | None = None,
) -> list[Result]:
    """Send the report of the published version's period, once per recipient. `to` replaces the listed recipients.

    A mail that was sent, refused or is unknown for this period stays as it is; one that waits is tried again. Where the
    last run failed the report is held: its recipients get a short notice instead, and the next call tries again.
    """
    report = settings.reports.get(name)
    recipients = tuple(to) or (report.recipients if report else ())
    if not recipients:
        raise ReportError(f"plumbline.yaml: reports.{name}.recipients: missing; allowed: a list of e-mail addresses")
    content, reading = compose(settings, name)
    store = Store(settings.folders.app)
    way = transport or transport_of(settings)
    held = _why_held(reading)
    rendered = None
    results = []
    for recipient in dict.fromkeys(address.strip().lower() for address in recipients):
        delivery = store.plan(
            report=name,
            period=content.period_key,
            recipient=recipient,
            message_id=_message_id(settings, name, content.period_key, recipient),
            version=content.version,
            now=now(),
        )
        if held:
            results.append(_hold(settings, store, way, delivery, held, content=content, now=now))
            continue
        if rendered is None:
            attachments = report.attachments if report else ("pdf",)
            rendered = messages.render(content, attachments=attachments, link=None, locale=reading.display.locale)
        results.append(_deliver(settings, store, way, delivery, rendered, now=now))
    return results


def tell_operator(settings: Settings, *, subject: str, text: str, key: str, now: datetime) -> Result | None:
    """A short mail to the operator of plumbline.yaml; None where it names none."""
    if settings.operator is None:
        return None
    mail = messages.notice(
        subject=subject,
        text=text,
        sender=sender_of(settings),
        recipient=settings.operator,
        message_id=_message_id(settings, "operator", key, settings.operator),
        now=now,
    )
    handover = transport_of(settings).hand_over(mail, settings.operator)
    return Result(settings.operator, handover.outcome, handover.detail)


def _deliver(
    settings: Settings,
    store: Store,
    way: Transport,
    delivery: Delivery,
    rendered: messages.Rendered,
    *,
    now: Callable[[], datetime],
) -> Result:
    claim = store.claim(delivery, now=now(), lease=LEASE)
    if claim is None:
        return _standing(store, delivery)
    mail = messages.mail(
        rendered, sender=sender_of(settings), recipient=delivery.recipient, message_id=claim.message_id, now=now()
    )
    # Noted before the first byte: a process that dies from here on leaves a mail that may have gone out.
    store.begin(claim, now=now())
    handover = way.hand_over(mail, parseaddr(delivery.recipient)[1])
    state = handover.outcome
    if state == "retry" and delivery.attempts + 1 >= MOST_ATTEMPTS:
        store.finish(claim, "expired", handover.detail, now=now())
        return Result(delivery.recipient, "expired", f"given up after {MOST_ATTEMPTS} attempts: {handover.detail}")
    store.finish(claim, state, handover.detail, now=now())
    return Result(delivery.recipient, state, handover.detail)


def _hold(
    settings: Settings,
    store: Store,
    way: Transport,
    delivery: Delivery,
    why: str,
    *,
    content: ReportContent,
    now: Callable[[], datetime],
) -> Result:
    was_held = delivery.state == "held"
    claim = store.claim(delivery, now=now(), lease=LEASE)
    if claim is None:
        return _standing(store, delivery)
    if not was_held:
        notice = messages.notice(
            subject=f"{content.title}, {content.period}, is held",
            text=f"{content.title} of {content.company} for {content.period} is held back: {why}\n\n"
            f"It comes when that is mended. Questions: {settings.operator or 'your administrator'}\n",
            sender=sender_of(settings),
            recipient=delivery.recipient,
            message_id=claim.message_id.replace("<", "<held.", 1),
            now=now(),
        )
        way.hand_over(notice, parseaddr(delivery.recipient)[1])
    store.finish(claim, "held", why, now=now())
    return Result(delivery.recipient, "held", why)


def _standing(store: Store, delivery: Delivery) -> Result:
    known = {(d.report, d.period, d.recipient): d for d in store.deliveries(delivery.report)}
    standing = known[delivery.report, delivery.period, delivery.recipient]
    words = {
        "sent": "already sent",
        "claimed": "another process is sending it",
        "sending": "another process is sending it",
    }
    return Result(delivery.recipient, standing.state, words.get(standing.state, standing.detail))


def _why_held(reading: Reading) -> str:
    run = reading.last_run
    if run is not None and run.status == "failed":
        failed = ", ".join(dict.fromkeys(failure.check for failure in run.failures))
        return f"the last run failed ({failed or run.message})"
    return ""


def _message_id(settings: Settings, report: str, period: str, recipient: str) -> str:
    # The same for every attempt, so that a server or a reader can tell a repeat.
    digest = hashlib.sha256(f"{settings.company.name}\0{report}\0{period}\0{recipient}".encode()).hexdigest()[:24]
    _, sender = parseaddr(sender_of(settings))
    return f"<{digest}.{period}@{sender.split('@')[-1]}>"

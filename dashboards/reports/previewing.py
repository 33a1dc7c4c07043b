"""A report written to a folder as any recipient would get it. Nothing is sent and nothing is noted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from company.locale import Locale
from company.mailing import Report
from company.roles import FULL_ACCESS
from company.settings import Settings
from dashboards.reading import Reading
from dashboards.reports import forms
from dashboards.reports import message as messages
from dashboards.reports.composing import compose, open_reading
from dashboards.reports.content import ReportContent
from dashboards.reports.declared import declared
from dashboards.reports.desk import sender_of
from dashboards.reports.links import dashboards_link, way_out
from dashboards.reports.occasions import occasion
from dashboards.reports.recipients import Audience, attachments_for, audience_of, firing_for
from dashboards.reports.sections.registry import Firing


def audience_for(settings: Settings, report: Report, person: str | None) -> Audience:
    """A recipient's audience, or that of whoever may read the whole data folder. Raises RightLostError."""
    if person is not None:
        return audience_of(settings, report, person)
    where = {name: (value,) if isinstance(value, str) else value for name, value in report.filters.items()}
    shown = {name: values for name, values in where.items() if not values[0].startswith("user.")}
    locale = Locale(report.language or settings.company.locale, digits=report.digits, dates=report.dates)
    return Audience(FULL_ACCESS.profile_hash, True, locale, shown)


def written(
    settings: Settings,
    name: str,
    *,
    now: datetime,
    person: str | None = None,
    firing: tuple[Firing, ...] = (),
    attachments: tuple[str, ...] | None = None,
) -> tuple[messages.Rendered, Reading]:
    """The report in every form as `person` would get it now. Raises ReportError, RightLostError."""
    content, reading, report, audience = composed(settings, name, now=now, person=person, firing=firing)
    rendered = messages.render(
        content,
        attachments=attachments_for(report, audience) if attachments is None else attachments,
        link=dashboards_link(settings, reading.filters),
        display=reading.display,
    )
    return rendered, reading


def preview_bytes(
    settings: Settings,
    name: str,
    *,
    now: datetime,
    person: str | None = None,
    firing: tuple[Firing, ...] = (),
    attachments: tuple[str, ...] | None = None,
) -> bytes:
    """The mail as `person` would get it now; `attachments` in place of the report's. Raises as `written` does."""
    rendered, _ = written(settings, name, now=now, person=person, firing=firing, attachments=attachments)
    return _mail(settings, name, rendered, now=now, person=person)


def preview_pdf(
    settings: Settings, name: str, *, now: datetime, person: str | None = None, firing: tuple[Firing, ...] = ()
) -> bytes:
    """The report on A4 as `person` would get it now. Raises as `written` does."""
    content, reading, _, _ = composed(settings, name, now=now, person=person, firing=firing)
    return forms.pdf(content, display=reading.display)


def _mail(settings: Settings, name: str, rendered: messages.Rendered, *, now: datetime, person: str | None) -> bytes:
    headers = messages.headers(
        messages.subject_of(rendered.content),
        sender=sender_of(settings),
        recipient=person or "preview@localhost",
        message_id=f"<preview.{rendered.content.period_key}@plumbline>",
        now=now,
        unsubscribe=name,
        way_out=way_out(settings, name, person),
    )
    return headers + messages.body(rendered)


def composed(
    settings: Settings, name: str, *, now: datetime, person: str | None = None, firing: tuple[Firing, ...] = ()
) -> tuple[ReportContent, Reading, Report, Audience]:
    """The content, and what it was composed from. Raises ReportError, RightLostError."""
    report = declared(settings, name)
    audience = audience_for(settings, report, person)
    period = occasion(settings, report, now).period
    reading = open_reading(settings, report, audience, period)
    seen = firing_for(firing, audience)
    return compose(reading, name, report, period=period, firing=seen), reading, report, audience


def preview(
    settings: Settings,
    name: str,
    output: Path,
    *,
    now: datetime,
    person: str | None = None,
    firing: tuple[Firing, ...] = (),
) -> list[Path]:
    """Write the mail (.eml), its HTML, text, charts and attachments to a folder; gives their paths."""
    rendered, _ = written(settings, name, now=now, person=person, firing=firing)
    output.mkdir(parents=True, exist_ok=True)
    shown = rendered.html
    for key, cid in rendered.cids.items():
        shown = shown.replace(f"cid:{cid}", f"{key}.png")
    files = {
        f"{name}.html": shown.encode(),
        f"{name}.txt": rendered.text.encode(),
        f"{name}.eml": _mail(settings, name, rendered, now=now, person=person),
    }
    files |= {f"{key}.png": image for key, image in rendered.images.items()}
    files |= {file: data for file, (_, data) in rendered.attachments.items()}
    paths = []
    for file, data in files.items():
        path = output / file
        path.write_bytes(data)
        paths.append(path)
    return paths

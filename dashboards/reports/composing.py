"""A report composed for one audience from the published version: sections in order, what it may not see left out.

Belongs here: from declaration and audience to content. Does not: its forms (`forms`, `workbook`), sending (`delivery`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb

from company.mailing import Report
from company.settings import Settings
from company.versions import latest_run
from dashboards import narrative
from dashboards.filters import Filters, FiscalMonth, last_ended_month, members, month_end, ranges
from dashboards.format import Display
from dashboards.metrics import UnavailableMetricError, UnknownNameError
from dashboards.published import PublishedError, PublishedVersion, current
from dashboards.reading import Reading
from dashboards.reports.content import ReportContent, Section, data_notes
from dashboards.reports.errors import HeldError, OldNumbersError, ReportError
from dashboards.reports.occasions import last_month_of, period_words
from dashboards.reports.recipients import Audience
from dashboards.reports.sections import KINDS, Brief
from dashboards.reports.sections.registry import Firing

NOT_IN_REACH = (UnavailableMetricError, UnknownNameError, duckdb.CatalogException, duckdb.BinderException)
"""What asking for a table, column or metric ends in that a reader's file does not hold."""


def open_reading(settings: Settings, report: Report, audience: Audience, period: str) -> Reading:
    """The reading of the published version that a report is written from. Raises HeldError where there is none."""
    try:
        published = current(settings.folders, audience.profile)
    except PublishedError as error:
        raise HeldError(str(error)) from error
    if published is None:
        raise HeldError("nothing is published yet; run `plumbline run` first")
    last_month = _last_month(published, last_month_of(period))
    now, before = ranges(report.period or "12m", report.comparison or "year", last_month)
    names = members(published.cursor()) if audience.where else {}
    filters = Filters(report.period or "12m", report.comparison or "year", now, before, dict(audience.where), names)
    display = Display(audience.locale, published.manifest.reporting_currency)
    return Reading(settings, published, filters, display, latest_run(settings.folders))


def compose(
    reading: Reading,
    name: str,
    report: Report,
    *,
    period: str,
    previous_at: datetime | None = None,
    firing: tuple[Firing, ...] = (),
) -> ReportContent:
    """The report of one period as the reading's owner may see it. Raises ReportError where nothing is left to say."""
    sections: list[Section] = []
    missing: list[str] = []
    for asked in report.sections:
        brief = Brief(reading, asked, previous_at, firing)
        try:
            sections.append(_unique(KINDS[asked.kind].write(brief), sections))
        except NOT_IN_REACH:
            # Whoever reads the whole file has every table: there it is a fault of ours and must not go unnoticed.
            if reading.published.path == reading.folder.marts(reading.published.version):
                raise
            missing.append(brief.title())
    if not sections:
        raise ReportError(f"{name}: none of its sections is within reach of this reader")
    say = reading.display.say
    notes = list(data_notes(reading))
    if missing:
        left_out = narrative.listed(missing, reading.display)
        notes.append(say("Left out, as your access does not hold their numbers: {names}.", names=left_out))
    return ReportContent(
        name=name,
        title=say(report.title or name),
        company=reading.settings.company.name,
        period_key=period,
        period=period_words(period, reading.display),
        as_of=reading.manifest.as_of,
        version=reading.published.version,
        currency=reading.display.currency,
        headline=sections[0].sentence,
        sections=(replace(sections[0], sentence=""), *sections[1:]),
        notes=tuple(notes),
    )


def is_within_reach(reading: Reading, report: Report) -> bool:
    """Whether the reading's owner may see any number of a report; words and alerts alone are no reason to list it."""
    counted = [asked for asked in report.sections if asked.kind not in {"commentary", "alerts"}]
    for asked in counted or report.sections:
        try:
            KINDS[asked.kind].write(Brief(reading, asked))
        except NOT_IN_REACH:
            continue
        return True
    return False


def why_held(reading: Reading, report: Report, period: str, *, now: datetime) -> HeldError | None:
    """Why the report must wait: the last run failed, or inputs are older than promised. None where it need not."""
    run, manifest, settings = reading.last_run, reading.manifest, reading.settings
    if run is not None and run.status == "failed":
        failed = ", ".join(dict.fromkeys(failure.check for failure in run.failures))
        return HeldError("the last run failed ({names})", names=failed or run.message)
    if "fresh" not in report.only_when:
        return None
    month_on = last_month_of(period)
    if month_on is not None and manifest.as_of < month_end(month_on):
        return HeldError("the published numbers end on {day}, before the month does", day=manifest.as_of)
    if now - manifest.created_at.astimezone(UTC) > timedelta(hours=settings.promise.max_age_hours):
        return OldNumbersError(settings.promise.max_age_hours)
    stale = [
        source.name
        for source in manifest.sources
        if source.stale
        or source.read_at is None
        or now - source.read_at.astimezone(UTC) > timedelta(hours=source.fresh_within_hours)
    ]
    return HeldError("older than promised: {names}", names=", ".join(stale)) if stale else None


def _last_month(published: PublishedVersion, asked: date | None) -> FiscalMonth:
    # A monthly report of a month gone by is of that month, also when it is opened later.
    as_of = published.manifest.as_of
    return last_ended_month(published.cursor(), as_of if asked is None else min(as_of, month_end(asked)))


def _unique(section: Section, others: list[Section]) -> Section:
    """The section with chart and table keys that no other section of the report has."""
    taken: Mapping[str, None] = dict.fromkeys(chart.key for other in others for chart in other.charts)
    charts = tuple(
        replace(chart, key=f"{chart.key}_{len(others)}") if chart.key in taken else chart for chart in section.charts
    )
    return replace(section, charts=charts)

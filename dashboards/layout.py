"""The frame of every page: title line, warning strip, filter row, the answer on top, what changed since last time.

Belongs here: what stands around the content of a page. Does not: cards and charts (`cards`), queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import streamlit as st

from company.locale import unbroken
from company.settings import Settings
from company.versions import RunRecord, VersionManifest
from dashboards import answers, changes, narrative
from dashboards.figures.theme import Palette, palette
from dashboards.filters import COMPARISONS, DIMENSIONS, PERIODS, Filters, FiscalMonth, Range, ranges
from dashboards.format import Display
from dashboards.looks import Look
from dashboards.metrics import UnavailableMetricError
from dashboards.reading import Reading

Name = TypeVar("Name", bound=str)
_ON_A_PHONE = 116
"""Pixels of a choice in the filter row: two of them and the filters stand in one line of a phone."""
PLOTLY_CONFIG = {"displayModeBar": False, "responsive": True}

Members = Mapping[str, Mapping[str, str]]
"""By dimension: value and name of every member."""


def warnings(settings: Settings, manifest: VersionManifest, last_run: RunRecord | None, now: datetime) -> list[str]:
    """Why to read with care: a failed run, data older than promised, checks that warn. `now` is aware."""
    display = Display(settings.company.number_formats, settings.company.reporting_currency)
    lines = []
    if last_run is not None and last_run.status == "failed":
        failed = ", ".join(dict.fromkeys(failure.check for failure in last_run.failures))
        why = f"check failed: {failed}" if failed else last_run.message or "see `plumbline status`"
        lines.append(f"The last run failed ({why}). You are reading the version before it.")
    age = now - manifest.created_at.astimezone(UTC)
    if age > timedelta(hours=settings.promise.max_age_hours):
        days = display.say_count("{count} day", "{count} days", age.days)
        hours = display.say_count("{count} hour", "{count} hours", age.seconds // 3600)
        lines.append(
            display.say_count(
                "These numbers are {age} old; at most {count} hour is promised.",
                "These numbers are {age} old; at most {count} hours are promised.",
                settings.promise.max_age_hours,
                age=display.say("{days} and {hours}", days=days, hours=hours),
            )
        )
    stale = [
        source.name
        for source in manifest.sources
        if source.read_at is None or now - source.read_at.astimezone(UTC) > timedelta(hours=source.fresh_within_hours)
    ]
    if stale:
        lines.append(f"Older than promised: {', '.join(stale)}.")
    lines += [f"Published with a warning: {warning.message or warning.name}" for warning in manifest.checks.warnings]
    return lines


def colours() -> Palette:
    """The palette of the reader's colour mode."""
    return palette(st.context.theme.type)


def is_narrow() -> bool:
    """Whether the reader's browser is a phone's, as it says itself: figures then take their room in height."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def title_line(reading: Reading, title: str, now: datetime, *, pdf: Callable[[], bytes] | None = None) -> None:
    """Page title, the day the numbers stand at, the state of the checks, the page as PDF, the strip if there is cause.

    `pdf` is called when the reader asks for it, after the page has been drawn.
    """
    manifest = reading.manifest
    lines = warnings(reading.settings, manifest, reading.last_run, now)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, width="content")
        with st.container(horizontal=True, horizontal_alignment="right", width="content", gap="small"):
            if pdf is not None and reading.may_export:
                st.download_button(
                    "PDF",
                    partial(reading.exported, title, "pdf", pdf),
                    f"{title} {manifest.as_of.isoformat()}.pdf",
                    "application/pdf",
                    key="page_pdf",
                    icon=":material/print:",
                    type="tertiary",
                    on_click="ignore",
                    help="This page as PDF, with its filters",
                )
            with st.popover(
                f"As of {reading.display.day(manifest.as_of)}",
                icon=":material/verified:" if not lines else ":material/warning:",
            ):
                st.markdown(f"**Version** {manifest.version}")
                st.markdown(f"**Checks** {narrative.checked(manifest.checks, reading.display)}")
                zone = reading.settings.company.time_zone
                st.markdown(f"**Built** {reading.display.locale.moment(manifest.created_at, zone)} ({zone})")
                for source in manifest.sources:
                    read = reading.display.locale.moment(source.read_at, zone)
                    told = reading.display.say_count(
                        "read {read}, promised every {count} hour",
                        "read {read}, promised every {count} hours",
                        source.fresh_within_hours,
                        read=read,
                    )
                    st.markdown(f"**{plain(source.name)}** {plain(told)}")
    for line in lines:
        st.error(plain(line), icon=":material/error:")


def filter_row(last_month: FiscalMonth, members: Members) -> Filters:
    """Draw the filter row and give back the choice. The entry script calls it: there the URL keeps it on every page."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters", gap="small"):
        period = _choice("Period", PERIODS, default="12m", key="period")
        comparison = _choice("Compared with", COMPARISONS, default="year", key="compare")
        where = {}
        with st.popover("Filter", icon=":material/filter_alt:"):
            for name, dimension in DIMENSIONS.items():
                if called := members.get(name, {}):
                    chosen = st.multiselect(
                        dimension.label,
                        list(called),
                        key=dimension.key,
                        bind="query-params",
                        placeholder="All",
                        format_func=partial(_called, called),
                    )
                    if chosen:
                        where[name] = tuple(chosen)
        now, before = ranges(period, comparison, last_month)
        filters = Filters(period, comparison, now, before, where, members)
        if where:
            st.button("Clear", icon=":material/close:", type="tertiary", key="clear_filters", on_click=_clear)
            st.caption(" · ".join(f"{plain(label)}: {plain(names)}" for label, names in filters.chosen()))
    return filters


def _choice(label: str, names: Mapping[Name, str], *, default: Name, key: str) -> Name:
    """One of a few: side by side, or as a list on a phone, where the last of five would be off the screen."""
    if not is_narrow():
        return st.segmented_control(
            label, list(names), default=default, required=True, format_func=names.__getitem__, key=key,
            bind="query-params",
        )  # fmt: skip
    return st.selectbox(
        label, list(names), index=list(names).index(default), format_func=names.__getitem__, key=key,
        bind="query-params", width=_ON_A_PHONE,
    )  # fmt: skip


def _called(names: Mapping[str, str], value: str) -> str:
    return names.get(value, value)


def _clear() -> None:
    for dimension in DIMENSIONS.values():
        st.session_state[dimension.key] = []


def answer(text: str, reading: Reading | None = None) -> None:
    """The page's question answered in a sentence, above everything else. A `reading` keeps it for paper."""
    if reading is not None:
        reading.sheet.say(text)
    st.markdown(f"## {plain(text)}")


def what_changed(reading: Reading, metrics: Sequence[str], look: Look | None) -> None:
    """What the page's metrics did since the reader looked at an earlier version."""
    if look is None or not metrics:
        return
    day = reading.display.locale.moment(look.at, reading.settings.company.time_zone)
    found = changes.since(reading, look.version, metrics)
    if found is None:
        st.caption(f"The version that you read on {day} is no longer kept: what changed since cannot be shown.")
        return
    if not found.moved:
        st.caption(f"No number of this page has changed since you last looked ({day}).")
        return
    display = reading.display
    parts = []
    for change in found.moved:
        definition = reading.definition(change.metric)
        then, now = (display.short(value, definition.unit) for value in (change.then, change.now))
        parts.append(f"{definition.label} {then} → {now}" if then != now else f"{definition.label} by less than shown")
    stood = f"then as of {display.day(found.as_of)}"
    st.info(plain(f"Since you last looked ({day}, {stood}): " + " · ".join(parts)), icon=":material/update:")


@contextmanager
def part(what: str) -> Iterator[None]:
    """A part of a page that needs what a reader's file may lack: then it says so, and the rest of the page stands."""
    try:
        yield
    except UnavailableMetricError:
        st.caption(f"{what}: not shown, your access or this version does not hold the numbers it needs.")


def as_of_words(reading: Reading, over: Range | None = None) -> str:
    """The caption of a card: the day the numbers stand at, and the days `over` which they are counted, if any."""
    words = f"As of {reading.display.day(reading.manifest.as_of)}"
    return f"{words}, for {answers.span_words(reading, over)}" if over else words


def plain(text: str) -> str:
    """Text from data as Markdown that shows it as it is: no tag, no link, no image, no formula, no lonely sign."""
    special = "\\`*_{}[]()<>#+-!|$~:"
    return "".join(f"\\{character}" if character in special else character for character in unbroken(text))

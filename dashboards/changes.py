"""What changed since a reader last looked: the page's metrics in the version seen then and in the one shown now.

Belongs here: opening the earlier version and the comparison. Does not: who looked when (`looks`), widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from company.errors import CompanyError
from company.versions import read_manifest
from dashboards.filters import last_ended_month, ranges
from dashboards.metrics import UnavailableMetricError
from dashboards.published import PublishedError, PublishedVersion
from dashboards.reading import Reading


@dataclass(frozen=True, slots=True)
class Change:
    """One metric, under the reader's present filters: its value then and now."""

    metric: str
    then: Decimal | None
    now: Decimal | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What moved since the earlier version, which stood at `as_of`; metrics that are the same are left out."""

    as_of: date
    moved: tuple[Change, ...]


def since(reading: Reading, version: str, metrics: Sequence[str]) -> Changes | None:
    """What the page's metrics did between an earlier version and this one. None where that version is not kept.

    Each version counts its own last months: what the cards showed then stands beside what they show now.
    """
    earlier = _earlier(reading, version)
    if earlier is None:
        return None
    moved = []
    for metric in metrics:
        if reading.has(metric):
            then = earlier.value(metric) if earlier.has(metric) else None
            now = reading.value(metric)
            if then != now:
                moved.append(Change(metric, then, now))
    return Changes(earlier.manifest.as_of, tuple(moved))


def _earlier(reading: Reading, version: str) -> Reading | None:
    inside = reading.published.path.relative_to(reading.folder.version(reading.manifest.version))
    file = reading.folder.version(version) / inside
    if not file.is_file():
        return None
    try:
        published = PublishedVersion(version, read_manifest(reading.folder, version), file)
        chosen = reading.filters
        months = last_ended_month(published.cursor(), published.manifest.as_of)
    except (CompanyError, PublishedError, UnavailableMetricError):
        return None
    now, before = ranges(chosen.period, chosen.comparison, months)
    return replace(reading, published=published, filters=replace(chosen, now=now, before=before))

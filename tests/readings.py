"""A page's reading of a published company, as its reader would have it without choosing anything."""

from __future__ import annotations

from company.settings import Settings
from company.versions import latest_run
from dashboards.filters import Filters, last_ended_month, ranges
from dashboards.format import Display
from dashboards.published import current
from dashboards.reading import Reading


def reading_of(settings: Settings) -> Reading:
    """Twelve months against the year before, no filters."""
    published = current(settings.folders, None)
    assert published is not None
    now, before = ranges("12m", "year", last_ended_month(published.cursor(), published.manifest.as_of))
    display = Display(settings.company.number_formats, published.manifest.reporting_currency)
    return Reading(settings, published, Filters("12m", "year", now, before, {}), display, latest_run(settings.folders))

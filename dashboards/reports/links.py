"""Addresses that a mail leads to: a page with its filters, the Reports page at the report.

Empty where plumbline.yaml does not say where the dashboards are.
"""

from __future__ import annotations

from urllib.parse import urlencode

from company.settings import Settings
from dashboards.filters import COMPARISONS, DIMENSIONS, PERIODS, Filters


def report_page(settings: Settings, name: str) -> str | None:
    """The Reports page at a report, where its reader subscribes and unsubscribes."""
    return None if settings.url is None else f"{settings.url.rstrip('/')}/reports?{urlencode([('report', name)])}"


def dashboards_link(settings: Settings, filters: Filters) -> str | None:
    """The first page that opens with the same period, comparison and members."""
    if settings.url is None:
        return None
    values: list[tuple[str, str]] = [
        # The pages keep the words of a choice in their address, not its key, and the names of members, not their ids.
        ("period", PERIODS[filters.period]),
        ("compare", COMPARISONS[filters.comparison]),
    ]
    values += [
        (DIMENSIONS[name].key, filters.names.get(name, {}).get(value, value))
        for name, found in filters.where.items()
        if name in DIMENSIONS
        for value in found
    ]
    return f"{settings.url.rstrip('/')}/?{urlencode(values)}"

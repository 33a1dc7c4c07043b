"""The address in a report opens the pages with the report's own filters."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from dashboards.filters import Filters, Range
from dashboards.reports.links import dashboards_link

MONTH = Range(date(2026, 6, 1), date(2026, 6, 30))


def test_a_link_names_members_as_the_pages_do() -> None:
    """The pages look a member up by its name; an id in the address would open them unfiltered."""
    filters = Filters(
        "month",
        "year",
        MONTH,
        MONTH,
        {"owner_id": ("crm:7",), "region": ("North",)},
        {"owner_id": {"crm:7": "Eva Lind"}},
    )
    link = dashboards_link(cast(Any, SimpleNamespace(url="https://numbers.example.com/")), filters)
    assert link is not None
    assert parse_qs(urlsplit(link).query) == {
        "period": ["Month"],
        "compare": ["Prior year"],
        "owner": ["Eva Lind"],
        "region": ["North"],
    }

"""The address in a report opens the pages with the report's own filters."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from dashboards.filters import Filters, Range
from dashboards.reports import message
from dashboards.reports.links import dashboards_link, report_page, way_out

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


def test_a_mail_names_the_page_where_it_can_be_ended() -> None:
    """A mail program offers its own way out; without one, people press "junk"."""
    settings = cast(Any, SimpleNamespace(url="https://numbers.example.com/"))
    page = report_page(settings, "my_week")
    assert page == "https://numbers.example.com/reports?report=my_week"
    assert report_page(cast(Any, SimpleNamespace(url=None)), "my_week") is None
    way = way_out(cast(Any, SimpleNamespace(url=settings.url, sign_in=None)), "my_week", "c@d.example")
    head = message.headers(
        "s",
        sender="a@b.example",
        recipient="c@d.example",
        message_id="<1@b>",
        now=datetime(2026, 7, 6, tzinfo=UTC),
        unsubscribe="my_week",
        way_out=way,
    ).decode()
    line = " ".join(head.replace("\r\n ", " ").split("List-Unsubscribe: ")[1].split("\r\n")[0].split())
    assert line == f"<{page}>, <mailto:a@b.example?subject=unsubscribe%20my_week>"
    assert "List-Unsubscribe-Post" not in head, "a page that asks to sign in is not one click"

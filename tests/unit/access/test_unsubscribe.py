"""The way out of a report: what a mail's link may do without a session, and all that it may not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from guarded_company import Company
from served import ADDRESS, another_signature

from dashboards.access import audit
from dashboards.reports import links, message
from dashboards.reports.subscriptions import choices, choose, erase

REPORT, SAM = "weekly_executive", "sam@example.com"
PROVIDER = {"origin": None, "client": "198.51.100.9"}
"""A mail provider's server: of no page of ours, with no cookie."""


def link(company: Company, report: str = REPORT, recipient: str = SAM) -> str:
    found = links.way_out(company.read(), report, recipient)
    assert found is not None
    assert found.is_one_click
    assert found.address.startswith(f"{ADDRESS}/unsubscribe?token=")
    parts = urlsplit(found.address)
    return f"{parts.path}?{parts.query}"


def choice(company: Company) -> object:
    return dict(choices(company.read().folders, REPORT))


def test_a_mail_program_ends_the_report_with_one_call(company: Company) -> None:
    """RFC 8058: one POST, without a cookie, an origin or a page between."""
    answer = company.browser(**PROVIDER).post(link(company), {"List-Unsubscribe": "One-Click"})
    assert answer.status == 200
    assert choice(company) == {SAM: False}
    (event,) = audit.read(company.read().folders, action="report")
    assert (event.actor, event.subject, event.outcome) == (SAM, REPORT, "unsubscribed")


def test_looking_at_the_link_ends_nothing(company: Company) -> None:
    """Scanners open every link of a mail before its reader does."""
    answer = company.browser(**PROVIDER).get(link(company))
    assert answer.status == 200
    assert '<form method="post">' in answer.text
    assert "<script" not in answer.text
    assert choice(company) == {}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_changed_does_nothing_and_tells_nothing(company: Company, method: str) -> None:
    """Nobody may end another's report, or learn by the answer who gets one."""
    whole = link(company)
    changed = [
        another_signature(whole),
        whole.partition("=")[0] + "=",
        whole.partition("?")[0],
        "/unsubscribe?token=" + "x" * 5000,
        "/unsubscribe?token=" + whole.partition("=")[2].partition(".")[0],
    ]
    answers = [getattr(company.browser(**PROVIDER), method)(path) for path in changed]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert choice(company) == {}


def test_a_link_of_another_company_is_not_ours(company: Company) -> None:
    """Two companies may share a secret by mistake; the key is of the data folder too."""
    path = link(company)
    company.change("a-Long8Random", "b-Long8Random")
    assert company.browser(**PROVIDER).post(path).status == 404


def test_the_link_opens_nothing_else(company: Company) -> None:
    token = link(company).partition("?")[2]
    for path in ("/", "/reports", "/api/tables"):
        assert company.browser(**PROVIDER).get(f"{path}?{token}", accept="application/json").status == 401


def test_a_name_in_a_link_is_text(company: Company) -> None:
    """Whoever signs is us, but names come from files and people."""
    answer = company.browser().get(link(company, "<b>x</b>", "<script>alert(1)</script>@example.com"))
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert "&lt;b&gt;x&lt;/b&gt;" in answer.text


def test_the_header_of_a_mail_carries_the_link_whole(company: Company) -> None:
    """The standard library folds a long address by encoding it, and then no mail program finds a link in it."""
    way = links.way_out(company.read(), REPORT, SAM)
    assert way is not None
    head = message.headers(
        "s", sender="Numbers <a@b.example>", recipient=SAM, message_id="<1@b>",
        now=datetime(2026, 7, 6, tzinfo=UTC), unsubscribe=REPORT, way_out=way,
    ).decode("ascii")  # fmt: skip
    unfolded = head.replace("\r\n ", " ")
    (line,) = re.findall(r"^List-Unsubscribe: (.*)\r$", unfolded, re.MULTILINE)
    assert line == f"<{way.address}>, <mailto:a@b.example?subject=unsubscribe%20{REPORT}>"
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head
    assert max(len(part) for part in head.split("\r\n")) < 998


def test_without_https_a_mail_leads_to_the_reports_page(company: Company) -> None:
    """Mail programs call https only; a promise of one click that fails is worse than none."""
    company.change(ADDRESS, "http://127.0.0.1:8501")
    assert links.way_out(company.read(), REPORT, SAM) is None
    settings = company.read().model_copy(update={"url": "http://numbers.example.com"})
    found = links.way_out(settings, REPORT, SAM)
    assert found is not None
    assert (found.address, found.is_one_click) == (f"http://numbers.example.com/reports?report={REPORT}", False)


def test_erasing_a_person_forgets_what_they_chose(company: Company) -> None:
    folders, now = company.read().folders, datetime(2026, 7, 6, tzinfo=UTC)
    for person in (SAM, "eve@example.com"):
        choose(folders, REPORT, person, is_subscribed=False, actor=person, now=now)
    assert erase(folders, "SAM@example.com") == 1
    assert choice(company) == {"eve@example.com": False}

"""Every page on the file of every role: what the file does not hold is left out in words, never in errors or zeros."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from company.roles import resolve
from company.settings import Settings
from dashboards import entry

OpenPage = Callable[..., AppTest]

NORTH, ANALYST = "sales.north@aurelle.example", "analyst@aurelle.example"


@pytest.fixture(params=[NORTH, ANALYST])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, sample_company: Settings) -> str:
    """The file of one user, with every page open: a role may be given any page."""
    access = resolve(sample_company, request.param).model_copy(update={"pages": "all"})
    monkeypatch.setattr(entry, "reader_access", lambda _: access)
    return str(request.param)


@pytest.mark.parametrize("page", list(entry.PAGES))
def test_a_page_stands_on_the_file_of_a_role(
    sample_company: Settings, page_of: OpenPage, reader: str, page: str
) -> None:
    """A seller who opens a page with a finance part must see the rest of it, and no traceback with table names."""
    shown = page_of(sample_company, page)
    assert not shown.exception
    assert not shown.error


def test_a_seller_sees_their_region_and_no_margin(
    sample_company: Settings, page_of: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row rule and the hidden column hold on every card, because the file itself lacks the rest."""
    whole = {metric.label: metric.value for metric in page_of(sample_company, "sales").metric}
    access = resolve(sample_company, NORTH)
    monkeypatch.setattr(entry, "reader_access", lambda _: access)
    part = page_of(sample_company, "sales")
    assert {metric.label: metric.value for metric in part.metric}["Bookings"] != whole["Bookings"]
    labels = {metric.label for metric in page_of(sample_company, "overview").metric}
    assert "Bookings" in labels
    assert not {"Gross margin", "Gross margin %", "Contribution margin", "Cash"} & labels

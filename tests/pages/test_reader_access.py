"""Who reads what on the pages: sessions, roles, the view as somebody else, and the record of each (T22, T26, T28)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from company.roles import resolve
from company.settings import Settings, load_settings
from dashboards.access import audit
from dashboards.access import viewer as access
from dashboards.access.sessions import Sessions
from dashboards.access.viewer import VIEW_AS

OpenPage = Callable[..., AppTest]
SECRET = "a-Long8Random.Line0fText_That+Nobody:Knows"  # noqa: S105 - of this test alone


@pytest.fixture
def signed(copied_company: Settings) -> Settings:
    """The sample company with sign-in."""
    text = copied_company.file.read_text(encoding="utf-8")
    copied_company.file.write_text(
        f'{text}\nsign_in: {{address: "https://x.example", secret: "{SECRET}"}}\n', encoding="utf-8"
    )
    return load_settings(copied_company.file, {})


@pytest.fixture
def sign_in(signed: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Have the pages meet a browser that holds a session of this person."""

    def begin(email: str) -> str:
        assert signed.sign_in is not None
        cookie = Sessions(signed.folders, signed.sign_in).begin(email, "password", now=datetime.now(UTC))
        monkeypatch.setattr(access, "presented_cookie", lambda: cookie)
        return cookie

    return begin


def test_without_a_session_a_page_shows_nothing(signed: Settings, page_of: OpenPage) -> None:
    """The script asks again, whatever let the request in."""
    shown = page_of(signed, "sales")
    assert "signed out" in shown.error[0].value
    assert not shown.metric
    assert not shown.dataframe


def test_a_page_that_a_role_does_not_open_is_not_drawn(
    signed: Settings, page_of: OpenPage, sign_in: Callable[[str], str]
) -> None:
    """Typing the address of a page must not be enough."""
    sign_in("sales.north@aurelle.example")
    for page in ("sql", "finance", "administration", "cash"):
        shown = page_of(signed, page)
        assert "open no page" in shown.info[0].value
        assert not shown.metric


def test_a_role_reads_its_own_file(signed: Settings, page_of: OpenPage, sign_in: Callable[[str], str]) -> None:
    """Two people at one page in one process: neither gets a number of the other's from a cache."""
    values = {}
    for name in ("north", "west", "north"):
        sign_in(f"sales.{name}@aurelle.example")
        shown = page_of(signed, "sales")
        assert not shown.exception
        found = {metric.label: metric.value for metric in shown.metric}
        assert values.setdefault(name, found) == found
    assert values["north"] != values["west"]


def test_a_right_that_was_taken_away_is_gone_at_the_next_click(
    signed: Settings, page_of: OpenPage, sign_in: Callable[[str], str]
) -> None:
    sign_in("analyst@aurelle.example")
    assert not page_of(signed, "sql").error
    text = signed.file.read_text(encoding="utf-8")
    signed.file.write_text(text.replace("name: Timo Salo, roles: [analyst]", "name: Timo Salo, roles: []"))
    assert "sql_desk" not in page_of(signed, "sql").session_state


def test_a_view_is_recorded_once_and_not_at_every_click(
    signed: Settings, page_of: OpenPage, sign_in: Callable[[str], str]
) -> None:
    sign_in("analyst@aurelle.example")
    before = len(audit.read(signed.folders, actor="analyst@aurelle.example", action="view"))
    page_of(signed, "sql").run().run()
    views = audit.read(signed.folders, actor="analyst@aurelle.example", action="view")
    assert len(views) == before + 1
    assert (views[0].subject, views[0].outcome) == ("sql", "done")


def test_an_administrator_looks_as_somebody_else_and_the_log_keeps_both_names(
    signed: Settings, page_of: OpenPage, sign_in: Callable[[str], str]
) -> None:
    """Helping a colleague must neither open more than theirs nor hide who looked."""
    sign_in("controller@aurelle.example")
    shown = page_of(signed, "administration")
    shown.selectbox(key="administered_person").select("sales.north@aurelle.example")
    shown = shown.run().button(key="look_as").click().run()
    assert shown.session_state[VIEW_AS] == "sales.north@aurelle.example"
    assert "open no page" in shown.info[0].value, "the sales lead has no Administration page"
    shown = shown.button(key="view_as_stop").click().run()
    assert shown.metric
    (event,) = audit.read(signed.folders, action="view_as", count=1)
    assert (event.actor, event.subject) == ("controller@aurelle.example", "sales.north@aurelle.example")


def test_nobody_else_can_look_as_somebody_else(
    signed: Settings, page_of: OpenPage, sign_in: Callable[[str], str]
) -> None:
    """What stands in a session is asked for again: only administrators are followed."""
    settings = signed
    own = resolve(settings, "analyst@aurelle.example")
    assert access.viewed_as(own.model_copy(update={"administer": False})) is None
    sign_in("ceo@aurelle.example")
    assert "open no page" in page_of(signed, "administration").info[0].value


def test_the_administration_page_names_the_pages_that_nobody_opens(copied_company: Settings, page_of: OpenPage) -> None:
    """A page that nobody opens is work for nothing."""
    (copied_company.folders.app / "app.sqlite").unlink(missing_ok=True)
    shutil.rmtree(copied_company.folders.secrets, ignore_errors=True)
    shown = page_of(copied_company, "administration")
    assert not shown.exception
    pages = next(d.value for d in shown.dataframe if "views" in d.value and "page" in d.value).set_index("page")
    assert pages.loc["administration", "views"] == 1
    assert pages.loc["sql", "views"] == 0
    shown = shown.button(key="audit_verify").click().run()
    assert shown.success[0].value == "1 row, not changed."

"""The Reports page: what it says of each report, what its buttons do, and who may press which."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from socket import socket

import pytest
from conftest import Server
from playwright.sync_api import Browser, expect
from streamlit.testing.v1 import AppTest
from test_browser import ready

from company.locale import MISSING
from company.roles import resolve
from company.settings import Settings
from dashboards import entry
from dashboards.access import audit
from dashboards.access.app_database import transaction
from dashboards.cards import mail_cards
from dashboards.reports.recipients import recipients_of
from dashboards.reports.store import Store
from dashboards.reports.subscriptions import choices
from pipelines import reports

OpenPage = Callable[..., AppTest]

CEO, CONTROLLER, NORTH = (f"{name}@aurelle.example" for name in ("ceo", "controller", "sales.north"))
REPORT = "weekly_executive"
WAIT = 60_000


@pytest.fixture
def as_person(monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings, str], None]:
    """Makes the page's reader one of the users, as the session cookie would."""

    def become(settings: Settings, email: str) -> None:
        access = resolve(settings, email)
        for module in (entry, mail_cards):
            monkeypatch.setattr(module, "reader_access", lambda _: access)
            monkeypatch.setattr(module, "own_access", lambda _: access)

    return become


def labels(shown: AppTest) -> set[str]:
    return {button.label for button in shown.button}


def texts(shown: AppTest) -> str:
    return re.sub(r"\\(?=[^\w\s])", "", " ".join(element.value for element in [*shown.markdown, *shown.caption]))


def framed(shown: AppTest) -> list[str]:
    return [frame.proto.srcdoc for frame in shown.get("iframe")]


def test_every_report_stands_with_when_to_whom_and_what_became_of_it(
    copied_company: Settings, page_of: OpenPage
) -> None:
    """Whoever is asked "did the board get it?" must see it without asking the server."""
    reports.send(copied_company, REPORT, to=[CEO, CONTROLLER])
    shown = page_of(copied_company, "reports")
    rows = {row["report"]: row for row in shown.dataframe[0].value.to_dict("records")}
    assert len(rows) == len(copied_company.reports)
    assert rows["Weekly executive report"]["state"] == "✓ 2 sent"
    assert rows["Weekly executive report"]["schedule"] == "Mondays at 07:00"
    assert rows["Board pack"]["recipients"] == "2 people"
    assert re.fullmatch(r"\d{1,2} \w{3} \d{4}, 07:00", rows["Board pack"]["next"])
    mails = shown.dataframe[1].value
    assert set(mails["recipient"]) == {CEO, CONTROLLER}
    assert NORTH in texts(shown)


def test_a_person_previews_subscribes_and_sends_to_themselves(
    copied_company: Settings, page_of: OpenPage, as_person: Callable[[Settings, str], None]
) -> None:
    """Each of it without asking an administrator, and none of it for anybody else."""
    as_person(copied_company, NORTH)
    shown = page_of(copied_company, "reports", report=REPORT)
    assert labels(shown) >= {"Preview", "Send to myself", "Unsubscribe"}
    assert CEO not in texts(shown)
    assert "2 others" in texts(shown)
    shown.button(key="report_preview").click().run()
    (frame,) = framed(shown)
    assert "Bookings" in frame
    assert "Gross margin" not in frame.replace("Gross margin by", "")
    shown.button(key="report_send").click().run()
    assert "Your copy" in shown.success[0].value
    (copy,) = Store(copied_company.folders.app).deliveries(f"{REPORT}.copy")
    assert (copy.recipient, copy.state) == (NORTH, "sent")
    shown.button(key="report_subscribe").click().run()
    assert choices(copied_company.folders, REPORT) == {NORTH: False}
    assert NORTH not in recipients_of(copied_company, REPORT, copied_company.reports[REPORT])
    assert "Subscribe" in labels(shown)
    outcomes = [event.outcome for event in audit.read(copied_company.folders, action="report")]
    assert outcomes == ["unsubscribed", "previewed"]


def test_whoever_administers_previews_as_anyone_and_sends_again(
    copied_company: Settings, page_of: OpenPage, as_person: Callable[[Settings, str], None]
) -> None:
    """The question "what did the North get?" is answered with their mail, not with one's own."""
    as_person(copied_company, CONTROLLER)
    reports.send(copied_company, REPORT, to=[CEO])
    store = Store(copied_company.folders.app)
    (mail,) = store.deliveries(REPORT)
    with transaction(copied_company.folders.app, "") as database:
        database.execute("update delivery set state = 'unknown' where report = ?", (REPORT,))
    shown = page_of(copied_company, "reports", report=REPORT)
    shown.selectbox(key=f"report_person_{REPORT}").select(NORTH).run()
    shown.button(key="report_preview").click().run()
    assert not shown.exception
    assert "Left out, as your access does not hold their numbers" in framed(shown)[0]
    shown.selectbox(key="open_mails_of_report").select(mail.message_id).run()
    assert len(framed(shown)) == 2
    shown.button(key="resend_mails_of_report").click().run()
    assert "sent" in shown.success[0].value
    assert store.deliveries(REPORT)[0].state == "sent"


def test_who_looks_as_somebody_else_only_looks(
    copied_company: Settings,
    page_of: OpenPage,
    as_person: Callable[[Settings, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look through another's eyes must not subscribe them, send in their name or hand out their files."""
    reports.send(copied_company, REPORT, to=[NORTH])
    as_person(copied_company, NORTH)
    access = resolve(copied_company, NORTH).model_copy(update={"export": False, "administer": False})
    for module in (entry, mail_cards):
        monkeypatch.setattr(module, "reader_access", lambda _: access)
    monkeypatch.setattr(mail_cards, "viewed_as", lambda _: NORTH)
    shown = page_of(copied_company, "reports", report=REPORT)
    assert "Preview" in labels(shown)
    assert not {"Send to myself", "Subscribe", "Unsubscribe", "Send again"} & labels(shown)
    (mail,) = Store(copied_company.folders.app).deliveries(REPORT)
    shown.selectbox(key="open_mails_of_report").select(mail.message_id).run()
    assert len(framed(shown)) == 1
    assert not shown.get("download_button")


def test_a_reader_sees_the_alerts_that_tell_them(
    copied_company: Settings, page_of: OpenPage, as_person: Callable[[Settings, str], None]
) -> None:
    """An alert on the company's cash is not theirs, not even by its name."""
    as_person(copied_company, NORTH)
    shown = page_of(copied_company, "reports", mails="Alerts")
    assert not shown.exception
    (table,) = (frame.value for frame in shown.dataframe)
    assert set(table["alert"]) == {"Revenue of a region is unusual"}
    assert set(table["state"]) == {"told by mail"}
    firing = {metric.label: metric.value for metric in shown.metric}["Alerts firing"]
    assert firing == MISSING, "nobody counted what they may not see"


@pytest.mark.browser
def test_subscribing_previewing_and_opening_a_mail_again(
    browser: Browser, copied_company: Settings, tmp_path: Path
) -> None:
    """The walk of a controller on Monday morning; what opens again is the file that went out, to the byte."""
    reports.send(copied_company, REPORT, to=[CEO])
    (sent,) = copied_company.folders.outbox.glob("*.eml")
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = Server(copied_company, int(unused.getsockname()[1]), tmp_path / "log.txt")
    page = browser.new_context(viewport={"width": 1440, "height": 1200}, accept_downloads=True).new_page()
    outside: list[str] = []
    page.on("request", lambda asked: outside.append(asked.url) if "127.0.0.1" not in asked.url else None)
    try:
        server.wait()
        page.goto(f"{server.url}/reports?report={REPORT}")
        ready(page)
        person = page.get_by_role("combobox", name="As seen by")
        person.click()
        person.press_sequentially("sales.west")
        page.get_by_role("option", name=re.compile("sales.west")).first.click()
        ready(page)
        page.get_by_role("button", name="Subscribe sales.west").click()
        expect(page.get_by_text("gets Weekly executive report from now on")).to_be_visible(timeout=WAIT)
        page.get_by_role("button", name="Preview").click()
        mail = page.locator(".st-key-card_preview").frame_locator("iframe").frame_locator("iframe")
        expect(mail.get_by_text("Week 27, 2026").first).to_be_visible(timeout=WAIT)
        expect(mail.locator("img").first).to_be_visible(timeout=WAIT)
        ready(page)
        again = page.get_by_role("combobox", name="Open a mail again")
        again.click()
        again.press_sequentially("ceo")
        page.get_by_role("option", name=re.compile(CEO)).first.click()
        opened = page.locator(".st-key-card_opened_mails_of_report")
        expect(opened.get_by_role("button", name="EML")).to_be_visible(timeout=WAIT)
        with page.expect_download(timeout=WAIT) as download:
            opened.get_by_role("button", name="EML").click()
        kept = tmp_path / "kept.eml"
        download.value.save_as(kept)
        assert kept.read_bytes() == sent.read_bytes()
        assert [url for url in outside if not url.startswith(("data:", "about:", "blob:"))] == []
    finally:
        page.context.close()
        server.stop()
    assert choices(copied_company.folders, REPORT) == {"sales.west@aurelle.example": True}

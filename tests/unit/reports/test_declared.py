"""Reports as plumbline.yaml declares them: over what ships, in files beside it, and as the docs show them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from company.errors import SettingsError
from company.settings import Settings, load_settings
from dashboards.reports import delivery
from dashboards.reports.declared import declared, known_reports
from dashboards.reports.errors import ReportError
from dashboards.reports.recipients import RightLostError, addresses, audience_of
from dashboards.reports.sections import KINDS
from dashboards.reports.store import Store

ROOT = Path(__file__).resolve().parents[3]
PEOPLE = """
company: {name: Acme}
roles:
  executive: {domains: all, export: true}
  sales_lead: {domains: [common, sales], rows: [{column: region, equals: user.region}]}
  sales_rep: {domains: [common, sales]}
  controller: {domains: all}
users:
  - {email: ann@x.io, roles: [executive]}
  - {email: bo@x.io, roles: [sales_lead], attributes: {region: North, locale: fa}}
  - {email: cy@x.io, roles: [sales_lead], attributes: {region: West}}
  - {email: di@x.io}
lists: {board: [ann@x.io, CY@x.io]}
"""


def read(folder: Path, text: str) -> Settings:
    (folder / "plumbline.yaml").write_text(PEOPLE + text, encoding="utf-8")
    return load_settings(folder / "plumbline.yaml", {"CHAT_HOOK": "https://hooks.slack.com/x"})


def test_what_is_left_out_comes_from_the_shipped_report(tmp_path: Path) -> None:
    """Two lines switch a report on; a third replaces one part of it and no other."""
    settings = read(tmp_path, 'reports: {board_pack: {schedule: "0 6 * * *", attachments: [pdf]}}')
    report = declared(settings, "board_pack")
    assert (report.schedule, report.attachments, report.repeats) == ("0 6 * * *", ("pdf",), "month")
    assert len(report.sections) > 10
    assert known_reports(settings)[0] == "board_pack"


def test_a_report_of_a_new_name_needs_sections_of_known_kinds(tmp_path: Path) -> None:
    """A mistake in the file is told before Monday."""
    with pytest.raises(ReportError, match=r"reports\.mine\.sections: missing"):
        declared(read(tmp_path, 'reports: {mine: {schedule: "0 6 * * 1"}}'), "mine")
    wrong = read(tmp_path, 'reports: {mine: {schedule: "0 6 * * 1", sections: [{kind: kpi}]}}')
    with pytest.raises(ReportError, match=r"sections\.0\.kind: found 'kpi'; allowed: alerts, balance_sheet"):
        declared(wrong, "mine")


def test_files_beside_are_reports_and_alerts_too(tmp_path: Path) -> None:
    """A company with thirty reports does not want them in one file."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "alerts").mkdir()
    (tmp_path / "reports" / "weekly.yaml").write_text('schedule: "0 7 * * 1"\nsections: [{kind: alerts}]\n')
    (tmp_path / "alerts" / "low.yaml").write_text("{kind: forecast, below: 10}\n")
    settings = read(tmp_path, "")
    assert declared(settings, "weekly").sections[0].kind == "alerts"
    assert settings.alerts["low"].below == 10
    with pytest.raises(SettingsError, match=r"reports\.weekly: also in reports/weekly\.yaml"):
        read(tmp_path, 'reports: {weekly: {schedule: "0 7 * * 2"}}')


def test_roles_and_lists_open_to_people_each_once(tmp_path: Path) -> None:
    """Who is on two lists gets one mail."""
    settings = read(tmp_path, "")
    assert addresses(settings, ("role:sales_lead", "list:board", "ANN@x.io")) == ("bo@x.io", "cy@x.io", "ann@x.io")


def test_people_of_equal_rights_share_an_audience(tmp_path: Path) -> None:
    """Equal bytes are written once; a language, a filter or a right apart is another mail."""
    text = 'reports: {mine: {schedule: "0 6 * * 1", filters: {region: user.region}, sections: [{kind: alerts}]}}'
    settings = read(tmp_path, text)
    report = declared(settings, "mine")
    north, west = (audience_of(settings, report, address) for address in ("bo@x.io", "cy@x.io"))
    assert north.where == {"region": ("North",)}
    assert (north.locale.name, west.locale.name) == ("fa", "en_GB")
    assert len({north.key, west.key}) == 2
    with pytest.raises(RightLostError, match="no attribute 'region'"):
        audience_of(settings, report, "ann@x.io")
    with pytest.raises(RightLostError, match="no role"):
        audience_of(settings, report, "di@x.io")
    closed = read(tmp_path, text + "\nmail: {host: h, sender: a@x.io, allowed_domains: [y.io]}")
    with pytest.raises(RightLostError, match="allowed_domains"):
        audience_of(closed, report, "bo@x.io")


def test_the_docs_show_settings_that_work(tmp_path: Path) -> None:
    """An example that is refused costs a reader's trust in the page."""
    page = (ROOT / "docs" / "reports-and-alerts.md").read_text(encoding="utf-8")
    reports, alerts = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    settings = read(tmp_path, reports.replace("lists:\n  board: [ceo@example.com, chair@example.com]\n", "") + alerts)
    assert [declared(settings, name).title for name in settings.reports] == [
        "Board pack",
        "My pipeline",
        "The North, weekly",
    ]
    assert len(settings.alerts) == 6


def test_every_kind_says_what_it_shows() -> None:
    """`plumbline report kinds` is where an author of reports begins."""
    assert all(kind.about.endswith(".") and kind.title for kind in KINDS.values())


def test_before_the_first_version_a_report_is_held_and_looked_at_every_ten_minutes(tmp_path: Path) -> None:
    """A report that waits must neither be forgotten nor keep the machine busy."""
    settings = read(tmp_path, 'reports: {weekly_executive: {schedule: "0 7 * * 1", recipients: [ann@x.io]}}')
    start = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)
    store = Store(settings.folders.app)

    def states(after: timedelta) -> list[str]:
        return [result.state for result in delivery.resume(settings, now=lambda: start + after)]

    (first,) = delivery.send(settings, "weekly_executive", now=lambda: start)
    assert (first.state, first.detail) == ("held", "nothing is published yet; run `plumbline run` first")
    assert states(timedelta(minutes=5)) == []
    assert states(timedelta(minutes=11)) == ["held"]
    assert states(timedelta(hours=73)) == ["expired"]
    assert len(store.deliveries("weekly_executive.held")) == 1
    assert len(list(settings.folders.outbox.glob("*.eml"))) == 1

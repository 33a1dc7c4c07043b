"""A cash scenario as sliders: the preview is worked by hand, and the file is one that the command line takes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from dashboards.scenario_draft import Draft, as_yaml, preview
from pipelines.publish.scenarios import read_scenario

WEEKS = tuple(date(2026, 7, 6) + timedelta(weeks=number) for number in range(4))
FLOWS = {
    "receivables": (Decimal(100), Decimal(50), Decimal(25), Decimal(0)),
    "payables": (Decimal(-40), Decimal(0), Decimal(0), Decimal(0)),
    "pipeline": (Decimal(0), Decimal(0), Decimal(10), Decimal("10.05")),
    "payroll": (Decimal(0), Decimal(-30), Decimal(0), Decimal(0)),
    "tax": (Decimal(0), Decimal(0), Decimal(-5), Decimal(0)),
}


def test_sliders_move_and_scale_what_they_name_and_nothing_else() -> None:
    """Customers a week late, a tenth less new revenue, 20 out in the third week."""
    draft = Draft(
        receipts_weeks=1,
        revenue_share=Decimal("-0.1"),
        one_off=Decimal(-20),
        one_off_on=date(2026, 7, 22),
        entity="FI01",
    )
    found = preview(WEEKS, FLOWS, draft)
    assert found["receivables"] == (0, 100, 50, 25)
    assert found["pipeline"] == (0, 0, 9, Decimal("9.04"))
    assert found["one_off"] == (0, 0, -20, 0)
    assert found["payables"] == FLOWS["payables"]
    assert found["payroll"] == FLOWS["payroll"]
    assert found["tax"] == FLOWS["tax"]


def test_an_untouched_draft_changes_nothing() -> None:
    assert preview(WEEKS, FLOWS, Draft()) == FLOWS
    assert Draft().is_empty


def test_the_file_is_one_that_the_command_line_keeps(tmp_path: Path) -> None:
    """What sliders save and `plumbline scenario add` refuses would be a dead end."""
    draft = Draft(
        receipts_weeks=2,
        payments_weeks=1,
        revenue_share=Decimal("-0.2"),
        payroll_share=Decimal("0.05"),
        one_off=Decimal(-50000),
        one_off_on=date(2026, 8, 1),
        entity="FI01",
    )
    file = tmp_path / "late_customers.yaml"
    file.write_text(as_yaml("late_customers", draft))
    scenario = read_scenario(file)
    assert [edit.kind for edit in scenario.edits] == ["delay", "delay", "scale", "scale", "add"]
    delayed, added = scenario.edits[0].delay, scenario.edits[4].add
    assert delayed is not None
    assert (delayed.days, delayed.layer) == (14, "receivables")
    assert added is not None
    assert (added.amount, added.entity, added.from_on) == (Decimal("-50000.00"), "FI01", date(2026, 8, 1))
    empty = tmp_path / "nothing.yaml"
    empty.write_text(as_yaml("nothing", Draft()))
    assert read_scenario(empty).edits == ()

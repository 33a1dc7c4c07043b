"""`plumbline payments`: what it reads, what it sets aside, what it says."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from company.errors import SettingsError
from pipelines.cli import app
from pipelines.collecting import time_payments
from pipelines.invoices import Columns, read_invoices
from pipelines.transactions import TransactionsError, Writing

COLUMNS = Columns("customer", "invoiced", "due", "settled", "amount", disputed="disputed")
OPTIONS = ["--customer", "customer", "--invoiced", "invoiced", "--due", "due", "--settled", "settled"]
OPTIONS += ["--amount", "amount"]
TODAY = date(2026, 6, 30)
HEADER = "customer,invoiced,due,settled,amount,disputed\n"


def _listed(path: Path, *, customers: int = 12, days: int = 900) -> Path:
    """Half of the customers pay twenty days late, half on the day; one invoice a fortnight each."""
    first = date(2024, 1, 1).toordinal()
    rows = []
    for customer in range(customers):
        for day in range(customer, days, 14):
            paid = day + 30 + (20 if customer % 2 else 0)
            settled = date.fromordinal(first + paid).isoformat() if paid < days else ""
            issued, due = (date.fromordinal(first + when).isoformat() for when in (day, day + 30))
            rows.append(f"c{customer},{issued},{due},{settled},{100 + customer}.00,")
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_rows_that_say_nothing_about_timing_are_set_aside_and_counted(tmp_path: Path) -> None:
    """Money that vanished on the way in would be missed only when it did not arrive."""
    file = tmp_path / "invoices.csv"
    file.write_text(
        HEADER
        + "a,2026-01-01,2026-01-31,2026-02-05,100.00,\n"  # fine
        + "a,2026-01-01,,2026-02-05,10.00,\n"  # no due date
        + "a,2026-02-10,2026-03-10,2026-02-01,20.00,\n"  # settled before issued
        + "a,2026-02-10,2026-03-10,,30.00,yes\n"  # disputed and open
        + "a,2026-02-10,2026-03-10,2026-03-12,40.00,yes\n"  # disputed once, paid all the same
        + "a,2026-02-10,2026-03-10,,-50.00,\n"  # a credit note
        + ",2026-02-10,2026-03-10,,60.00,\n"
        + "a,2026-02-10,2026-03-10,soon,70.00,\n"
        + "a,2027-02-10,2027-03-10,,80.00,\n",
        encoding="utf-8",
    )
    given = read_invoices(file, COLUMNS, today=TODAY)
    assert given.rows == 9
    assert given.table["amount"].to_list() == [100.0, 40.0]
    reasons = {part.reason.split(":")[0]: (part.rows, part.amount, part.first_row) for part in given.set_aside}
    assert reasons["no due date in column due"] == (1, Decimal("10"), 2)
    assert reasons["settled before it was invoiced"] == (1, Decimal("20"), 3)
    assert reasons["disputed and open"] == (1, Decimal("30"), 4)
    assert reasons["no customer"][2] == 7
    kept = Decimal(str(given.table["amount"].sum()))
    assert kept + sum(part.amount or 0 for part in given.set_aside) == given.amount == Decimal("360")


def test_a_file_without_a_usable_row_is_refused_with_the_reasons(tmp_path: Path) -> None:
    """Six weeks of zeros look like an answer."""
    file = tmp_path / "invoices.csv"
    file.write_text(HEADER + "a,2026-01-01,,,10.00,\n", encoding="utf-8")
    with pytest.raises(TransactionsError, match=r"no row can be used.*due date.*row 1"):
        read_invoices(file, COLUMNS, today=TODAY)
    with pytest.raises(TransactionsError, match=r"no column 'invoicd'; did you mean 'invoiced'"):
        read_invoices(file, Columns("customer", "invoicd", "due", "settled", "amount"), today=TODAY)


def test_a_day_is_read_in_the_form_that_is_said_and_in_no_other(tmp_path: Path) -> None:
    """3 April for one reader is 4 March for another: a month of receipts in the wrong place, and nobody told."""
    file = tmp_path / "invoices.csv"
    file.write_text(
        "customer;invoiced;due;settled;amount;disputed\n"
        "a;03.04.2026;03.05.2026;05.05.2026;1.200,50;\n"
        "a;04.04.2026;04.05.2026;;1.200;\n"
        "a;05.04.2026;05.05.2026;;2026;no\n",
        encoding="utf-8",
    )
    with pytest.raises(TransactionsError, match=r"--date-format.*row 1, found '03\.04\.2026'"):
        read_invoices(file, COLUMNS, today=TODAY)
    given = read_invoices(file, COLUMNS, today=TODAY, writing=Writing("%d.%m.%Y", ","))
    assert given.table["invoiced"].to_list() == [date(2026, 4, 3), date(2026, 4, 4), date(2026, 4, 5)]
    assert given.table["amount"].to_list() == [1200.5, 1200.0, 2026.0]
    american = read_invoices(file, COLUMNS, today=TODAY, writing=Writing("%m.%d.%Y", ","))
    assert american.table["invoiced"].to_list()[0] == date(2026, 3, 4)
    (aside,) = read_invoices(file, COLUMNS, today=TODAY, writing=Writing("%d.%m.%Y")).set_aside
    assert "--decimal" in aside.told
    assert "row 1, found '1.200,50'" in aside.told
    typed = tmp_path / "invoices.parquet"
    given.table.write_parquet(typed)  # 1200.5 without its point would be 12005
    with pytest.raises(TransactionsError, match="are for CSV"):
        read_invoices(typed, COLUMNS, today=TODAY, writing=Writing(None, ","))
    for form, sign in (("%d.%m", "."), ("%d.%m.%Y", "'")):
        with pytest.raises(SettingsError, match="allowed"):
            Writing(form, sign)


def test_a_list_in_which_nothing_is_open_expects_nothing(tmp_path: Path) -> None:
    """Thirteen weeks of zeros look like a forecast."""
    file = tmp_path / "invoices.csv"
    file.write_text(HEADER + "a,2026-01-01,2026-01-31,2026-02-05,100.00,\n", encoding="utf-8")
    output = CliRunner().invoke(app, ["payments", str(file), *OPTIONS]).output
    assert "nothing is open on 2026-02-05" in output
    assert "week from" not in output
    (tmp_path / "empty.csv").touch()
    with pytest.raises(TransactionsError, match="the file is empty"):
        read_invoices(tmp_path / "empty.csv", COLUMNS, today=TODAY)


def test_habits_are_found_and_beat_due_dates(tmp_path: Path) -> None:
    """Who pays twenty days late is expected twenty days late, and the backtest says what that was worth."""
    given = read_invoices(_listed(tmp_path / "invoices.csv"), COLUMNS, today=TODAY)
    found = time_payments(given, as_of=None)
    score = {score.method: score for score in found.scores}
    assert score["payment_history"].origins == 39
    assert score["payment_history"].four_week_wape is not None
    assert score["due_date"].four_week_wape is not None
    assert score["payment_history"].four_week_wape < 0.5 * score["due_date"].four_week_wape
    table = given.table
    open_amount = table.filter(pl.col("settled").is_null())["amount"].sum()
    assert found.open_amount == pytest.approx(open_amount)
    assert sum(week.expected for week in found.weeks) + found.later == pytest.approx(open_amount)
    assert all(week.low <= week.high for week in found.weeks)
    assert all(np.isfinite([week.expected, week.low, week.high]).all() for week in found.weeks)


def test_a_past_day_is_answered_without_what_came_after(tmp_path: Path) -> None:
    """As of a day means as of that day: later rows of the file must not leak in."""
    file = _listed(tmp_path / "invoices.csv")
    as_of = date(2026, 1, 31)
    lines = file.read_text(encoding="utf-8").splitlines()
    cut = tmp_path / "cut.csv"
    known = [line.split(",") for line in lines[1:] if line.split(",")[1] <= as_of.isoformat()]
    rows = [",".join([*row[:3], row[3] if row[3] <= as_of.isoformat() else "", *row[4:]]) for row in known]
    cut.write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    whole, part = (
        time_payments(read_invoices(path, COLUMNS, today=TODAY), as_of=as_of, horizon=4) for path in (file, cut)
    )
    assert whole == part


def test_the_command_prints_what_scripts_and_people_read(tmp_path: Path) -> None:
    """The same figures both ways; a list too short to be judged says so."""
    file = _listed(tmp_path / "invoices.csv", customers=4, days=400)
    shown = CliRunner().invoke(app, ["payments", str(file), *OPTIONS])
    assert shown.exit_code == 0, shown.output
    assert "payment_history" in shown.output
    told = json.loads(CliRunner().invoke(app, ["payments", str(file), *OPTIONS, "--json"]).output)
    assert told["open_amount"] == pytest.approx(sum(w["expected"] for w in told["weeks"]) + told["expected_later"])
    assert {score["method"] for score in told["backtest"]} >= {"payment_history", "due_date"}
    short = _listed(tmp_path / "short.csv", customers=2, days=60)
    output = CliRunner().invoke(app, ["payments", str(short), *OPTIONS]).output
    assert "no backtest" in output

"""Edits to what is expected: each does what it says, to what it names, and nothing else."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from pipelines.statistics.cash.scenarios import (
    EDIT_COLUMNS,
    Edit,
    chances,
    dated_flows,
    later_days,
    read_edits,
    scale_factors,
)

ROWS = pl.DataFrame(
    {
        "flow_layer": ["receivables", "receivables", "pipeline"],
        "entity_id": ["FI01", "SE01", "FI01"],
        "counterparty_id": ["c1", "c1", None],
        "document_id": ["i1", "i2", "d1"],
        "chance": [1.0, 1.0, 0.3],
    }
)
ENTITIES = pl.DataFrame(
    {
        "entity_id": ["FI01"],
        "currency": ["SEK"],
        "rate_to_rpt": [0.1],
        "account_in": ["bank in"],
        "account_out": ["bank out"],
    }
)


def _flows(days: list[date]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "layer": "payroll",
                "category": "payroll",
                "entity_id": "FI01",
                "currency": "SEK",
                "bank_account_id": "bank out",
                "document_type": "payroll",
                "document_id": "payroll FI01",
                "instalment_no": 1,
                "counterparty_id": None,
                "expected_on": day,
                "doc_cents": -100_00,
                "rpt_cents": -10_00,
                "flow_layer": "payroll",
            }
            for day in days
        ],
        schema={
            "layer": pl.String,
            "category": pl.String,
            "entity_id": pl.String,
            "currency": pl.String,
            "bank_account_id": pl.String,
            "document_type": pl.String,
            "document_id": pl.String,
            "instalment_no": pl.Int32,
            "counterparty_id": pl.String,
            "expected_on": pl.Date,
            "doc_cents": pl.Int64,
            "rpt_cents": pl.Int64,
            "flow_layer": pl.String,
        },
    )


def test_a_customer_that_pays_later_is_later_with_every_invoice() -> None:
    """The first question of every treasurer: what if they take a month longer?"""
    edits = (Edit("slow", 1, "delay", customer_id="c1", days=30), Edit("slow", 2, "delay", customer_id="c1", days=5))
    assert later_days(ROWS, edits).tolist() == [35, 35, 0]
    one = (Edit("slow", 1, "delay", customer_id="c1", entity_id="SE01", days=30),)
    assert later_days(ROWS, one).tolist() == [0, 30, 0]


def test_a_deal_is_lost_or_won_and_no_other() -> None:
    """A lost deal brings nothing; a won one all of it."""
    assert chances(ROWS, (Edit("s", 1, "lose", deal_id="d1"),)).tolist() == [1.0, 1.0, 0.0]
    assert chances(ROWS, (Edit("s", 1, "win", deal_id="d1"),)).tolist() == [1.0, 1.0, 1.0]
    assert ROWS["chance"].to_list() == [1.0, 1.0, 0.3]


def test_an_edit_that_names_nothing_touches_nothing() -> None:
    """An edit that was left half written must not delay the whole company."""
    assert later_days(ROWS, (Edit("s", 1, "delay", days=30),)).tolist() == [0, 0, 0]


def test_a_hire_is_added_every_month_in_the_entitys_currency_and_can_be_delayed() -> None:
    """Hiring that is put off by sixty days must save two months of pay, not move what is paid already."""
    base = _flows([date(2026, 7, 25)])
    hire = Edit(
        "s",
        1,
        "add",
        name="hire",
        layer="payroll",
        entity_id="FI01",
        amount_doc=-500.0,
        from_on=date(2026, 8, 25),
        until_on=date(2026, 10, 31),
        every_months=1,
    )
    found = dated_flows(base, (hire,), ENTITIES, as_of=date(2026, 6, 30))
    added = found.filter(pl.col("document_id") == "hire")
    assert added["expected_on"].to_list() == [date(2026, 8, 25), date(2026, 9, 25), date(2026, 10, 25)]
    assert added["doc_cents"].to_list() == [-500_00] * 3
    assert added["rpt_cents"].to_list() == [-50_00] * 3
    assert added["bank_account_id"].to_list() == ["bank out"] * 3
    put_off = Edit("s", 2, "delay", name="hire", days=60)
    later = dated_flows(base, (hire, put_off), ENTITIES, as_of=date(2026, 6, 30))
    assert later.filter(pl.col("document_id") == "hire")["expected_on"].min() == date(2026, 10, 24)
    assert later.filter(pl.col("document_id") != "hire")["expected_on"].to_list() == [date(2026, 7, 25)]


def test_a_layer_is_delayed_from_a_day_on() -> None:
    """What falls due before the edit applies stays where it is."""
    base = _flows([date(2026, 7, 25), date(2026, 8, 25)])
    edit = Edit("s", 1, "delay", layer="payroll", days=10, from_on=date(2026, 8, 1))
    moved = dated_flows(base, (edit,), ENTITIES, as_of=date(2026, 6, 30))
    assert moved["expected_on"].to_list() == [date(2026, 7, 25), date(2026, 9, 4)]


def test_a_fifth_less_revenue_takes_a_fifth_of_what_is_not_invoiced_and_half_of_it_in_half_a_period() -> None:
    """What is invoiced is a fact: a scenario may not make it smaller."""
    start = (date(2026, 7, 1) - date(1970, 1, 1)).days
    starts, ends = np.array([start - 1, start + 9]), np.array([start + 9, start + 19])
    edit = (Edit("s", 1, "scale", layer="revenue", ratio=-0.2, from_on=date(2026, 7, 6)),)
    assert scale_factors("baseline_receipts", "FI01", edit, starts=starts, ends=ends).tolist() == pytest.approx(
        [0.9, 0.8]
    )
    assert scale_factors("receivables", "FI01", edit, starts=starts, ends=ends).tolist() == [1.0, 1.0]
    other = (Edit("s", 1, "scale", layer="revenue", ratio=-0.2, entity_id="SE01"),)
    assert scale_factors("baseline_receipts", "FI01", other, starts=starts, ends=ends).tolist() == [1.0, 1.0]


def test_amounts_come_as_the_warehouse_stores_them() -> None:
    """A hire kept as a decimal must be added like any other number."""
    row = dict.fromkeys(EDIT_COLUMNS)
    edit = {**row, "scenario": "s", "edit_no": 1, "kind": "add", "layer": "payroll", "entity_id": "FI01"}
    rows = pl.DataFrame([{**edit, "from_on": date(2026, 8, 1)}], schema=EDIT_COLUMNS).with_columns(
        amount_doc=pl.lit(-500).cast(pl.Decimal(18, 2))
    )
    found = dated_flows(_flows([]), read_edits(rows)["s"], ENTITIES, as_of=date(2026, 6, 30))
    assert found["rpt_cents"].to_list() == [-50_00]


def test_stacked_edits_are_applied_in_their_order_and_base_has_none() -> None:
    """Two scenarios on top of each other are both of them, not the last one."""
    row = dict.fromkeys(EDIT_COLUMNS)
    rows = [
        {**row, "scenario": "s", "edit_no": 2, "kind": "scale", "layer": "tax", "ratio": 0.5},
        {**row, "scenario": "s", "edit_no": 1, "kind": "scale", "layer": "tax", "ratio": -0.5},
    ]
    stored = pl.DataFrame(rows, schema=EDIT_COLUMNS).with_columns(pl.col("amount_doc").cast(pl.Decimal(18, 2)))
    found = read_edits(stored)
    assert found["base"] == ()
    assert all(isinstance(edit.ratio, float) for edit in found["s"])
    assert [edit.ratio for edit in found["s"]] == [-0.5, 0.5]
    factor = scale_factors("tax", "FI01", found["s"], starts=np.array([0]), ends=np.array([7]))
    assert factor.tolist() == pytest.approx([0.75])

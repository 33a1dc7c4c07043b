"""What is on order: in the projection as the sample's truth has it, and judged as the projection asks for it."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from cash_frames import Frames, cash_frames, company_of

from company.settings import Settings
from dashboards.published import current
from pipelines.statistics.cash.company_frames import Company
from pipelines.statistics.cash.purchase_orders import expected_bills, orders_backtest, read_purchase_orders
from pipelines.statistics.cash.rolling import rolling_origins


@pytest.fixture(scope="module")
def frames(sample_company: Settings) -> Frames:
    return cash_frames(sample_company)


@pytest.fixture(scope="module")
def company(frames: Frames) -> Company:
    return company_of(frames)


def test_what_is_on_order_comes_to_what_the_truth_says(frames: Frames, sample_company: Settings) -> None:
    """An order that nobody counts is a payment that nobody saw coming; the amount is known, the day nearly so."""
    path = sample_company.root / "data" / "sample" / "truth" / "open_purchase_orders.csv"
    with path.open(encoding="utf-8", newline="") as file:
        truth = {f"erp:{row['purchase_order_no']}": row for row in csv.DictReader(file)}
    promised = frames["int_cash_promises"].filter(pl.col("layer") == "purchase_orders")
    told = {row["document_id"]: row for row in promised.iter_rows(named=True)}
    assert len(truth) > 10
    assert set(told) == set(truth)
    for order, row in truth.items():
        assert abs(told[order]["amount_doc"] - Decimal(row["gross_doc"])) <= Decimal("0.02"), order
        late = (told[order]["due_on"] - date.fromisoformat(row["due_on"])).days
        assert -14 <= late <= 14, order
    published = current(sample_company.folders, None)
    assert published is not None
    on_order = published.cursor().sql(
        "select purchase_order_id, sum(open_doc) from operations.fct_purchase_order_lines"
        " where status = 'open' group by all"
    )
    assert dict(on_order.fetchall()) == {order: Decimal(row["net_doc"]) for order, row in truth.items()}


def test_the_backtest_of_purchase_orders_asks_the_projections_own_question(company: Company, frames: Frames) -> None:
    """The rule stands in SQL for today and in Python for the past: two rules, and one would be judged by the other."""
    orders = read_purchase_orders(frames["int_purchase_order_history"], company)
    of, bills = expected_bills(orders, origin=company.as_of)
    ids = frames["int_purchase_order_history"]["purchase_order_id"].unique().sort()
    told = {
        ids[place]: (issued, due, amount)
        for place, issued, due, amount in zip(
            of.tolist(), bills.issued.tolist(), bills.due.tolist(), bills.amount.tolist(), strict=True
        )
    }
    promised = frames["int_cash_promises"].filter(pl.col("layer") == "purchase_orders")
    start = date(1970, 1, 1)
    assert told == {
        row["document_id"]: (
            (row["issued_on"] - start).days,
            (row["due_on"] - start).days,
            pytest.approx(float(row["amount_rpt"]), abs=0.02),
        )
        for row in promised.iter_rows(named=True)
    }
    # What was judged is what was published, and a year of it.
    published = frames["int_cash_accuracy"].filter(
        (pl.col("layer") == "purchase_orders") & (pl.col("method") == "payment_history")
    )
    origins = rolling_origins(company.existing, as_of=company.as_of, count=65)
    found = orders_backtest(company, orders, origins=origins, most=60_000)
    passed = ~np.isnan(found.actual)
    assert published["projected"].sum() == pytest.approx(found.model[passed].sum())
    assert published["actual"].sum() == pytest.approx(np.nansum(found.actual))
    judged = frames["int_cash_accuracy"].filter((pl.col("layer") == "purchase_orders") & (pl.col("week_no") < 4))
    errors = {
        method: float(
            judged.filter(pl.col("method") == method)
            .select((pl.col("projected") - pl.col("actual")).abs().sum())
            .item()
        )
        for method in ("payment_history", "due_date")
    }
    assert errors["payment_history"] < 0.8 * errors["due_date"]

"""The margin bridge of the published file: it adds up whatever was sold, and to the margins it explains."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from company.settings import Settings
from dashboards.published import current

NET = "net_new_rpt + net_lost_rpt + price_rpt + net_volume_rpt + net_mix_rpt + net_exchange_rpt + net_unpriced_rpt"
MARGIN = (
    "margin_new_rpt + margin_lost_rpt + price_rpt + margin_volume_rpt + margin_mix_rpt + unit_cost_rpt"
    " + margin_exchange_rpt + margin_unpriced_rpt"
)
PERIODS = "date '2025-01-01', date '2025-01-31', date '2026-01-01', date '2026-01-31'"


def cents(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda value: Decimal(value) / 100)


@st.composite
def invoice_lines(draw: st.DrawFn) -> dict[str, Any]:
    """A line of any sign, with or without cost, list price and quantity; credits and free goods among them."""
    net = draw(cents(-500_000, 5_000_000))
    cost = draw(st.none() | cents(-300_000, 3_000_000))
    rate = Decimal(draw(st.sampled_from(["1", "0.5", "1.25", "0.0841"])))
    return {
        "invoiced_on": draw(st.sampled_from(["2025-01-15", "2026-01-15"])),
        "entity_id": draw(st.sampled_from(["FI01", "SE01"])),
        "customer_id": draw(st.sampled_from(["a", "b", None])),
        "item_id": draw(st.sampled_from(["x", "y", "z", None])),
        "item_type": draw(st.sampled_from(["goods", "service"])),
        "currency": draw(st.sampled_from(["EUR", "USD"])),
        "quantity": draw(st.sampled_from([-3, 0, 1, 2, 7, 1000]) | cents(1, 99_999)),
        "list_price_doc": draw(st.none() | cents(0, 100_000)),
        "net_doc": net,
        "net_rpt": (net * rate).quantize(Decimal("0.0001")),
        "cost_local": cost,
        "cost_rpt": None if cost is None else (cost * rate).quantize(Decimal("0.01")),
        "is_cost_known": cost is not None,
        "is_intercompany": draw(st.booleans()),
    }


@pytest.fixture(scope="module")
def bridge(sample_company: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published question over a table of our own."""
    published = current(sample_company.folders, None)
    assert published is not None
    (found,) = published.cursor().sql(
        "select macro_definition, parameters from duckdb_functions() where function_name = 'margin_bridge_between'"
    ).fetchall()  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute("create schema finance")
        connection.execute(
            "create table finance.fct_invoice_lines (invoiced_on date, entity_id varchar, customer_id varchar,"
            " item_id varchar, item_type varchar, currency varchar, quantity decimal(18, 6),"
            " list_price_doc decimal(18, 6), net_doc decimal(18, 4), net_rpt decimal(18, 4), cost_local decimal(18, 2),"
            " cost_rpt decimal(18, 2), is_cost_known boolean, is_intercompany boolean)"
        )
        connection.execute(f"create macro finance.margin_bridge_between({', '.join(found[1])}) as table {found[0]}")
        yield connection


@given(lines=st.lists(invoice_lines(), max_size=25))
@hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_bridge_adds_up_whatever_was_sold(bridge: duckdb.DuckDBPyConnection, lines: list[dict[str, Any]]) -> None:
    """A bridge with a step called `rest` is not believed, and one that is a cent off is not either."""
    bridge.execute("delete from finance.fct_invoice_lines")
    if lines:
        bridge.executemany(
            f"insert into finance.fct_invoice_lines values ({', '.join('?' * len(lines[0]))})",
            [list(line.values()) for line in lines],
        )
    wrong = bridge.sql(
        f"select * from finance.margin_bridge_between({PERIODS})"
        f" where base_net_rpt + {NET} + net_without_cost_change_rpt <> net_rpt"
        f" or base_margin_rpt + {MARGIN} <> margin_rpt"
    ).fetchall()
    assert wrong == []
    counted = [line for line in lines if not line["is_intercompany"]]
    for column, year in (("base_net_rpt", "2025"), ("net_rpt", "2026")):
        (told,) = bridge.sql(
            f"select coalesce(sum({column}), 0) from finance.margin_bridge_between({PERIODS})"
        ).fetchall()
        assert told[0] == sum(line["net_rpt"] for line in counted if line["invoiced_on"].startswith(year))
    for column, year in (("base_margin_rpt", "2025"), ("margin_rpt", "2026")):
        (told,) = bridge.sql(
            f"select coalesce(sum({column}), 0) from finance.margin_bridge_between({PERIODS})"
        ).fetchall()
        known = [line for line in counted if line["is_cost_known"] and line["invoiced_on"].startswith(year)]
        assert told[0] == sum(line["net_rpt"] - line["cost_rpt"] for line in known)


def test_the_bridge_of_two_years_explains_the_margins_of_the_mart(sample_company: Settings) -> None:
    """What is explained must be what was reported, and the macro must say what the mart says."""
    published = current(sample_company.folders, None)
    assert published is not None
    cursor = published.cursor()
    sums = "sum(base_net_rpt), sum(net_rpt), sum(base_margin_rpt), sum(margin_rpt), sum(price_rpt), sum(unit_cost_rpt)"
    years = "date '2024-07-01', date '2025-06-30', date '2025-07-01', date '2026-06-30'"
    (asked,) = cursor.sql(f"select {sums} from finance.margin_bridge_between({years})").fetchall()
    (mart,) = cursor.sql(
        f"select {sums} from finance.fct_margin_bridge where comparison = 'trailing_year'"
    ).fetchall()  # fmt: skip
    reported = tuple(
        cursor.sql(
            f"select sum({amount}) from finance.fct_margins_monthly where month_on between '{first}' and '{last}'"
        ).fetchall()[0][0]
        for amount in ("net_rpt", "margin_rpt")
        for first, last in (("2024-07-01", "2025-06-30"), ("2025-07-01", "2026-06-30"))
    )
    assert asked == mart
    assert asked[:4] == reported
    assert all(reported)

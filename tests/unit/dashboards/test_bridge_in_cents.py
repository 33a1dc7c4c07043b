"""The margin bridge closes in cents, whatever decimals the lines have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pyarrow as pa

from dashboards.answers import margin_bridge
from dashboards.filters import Range
from dashboards.reading import Reading


class MarginsOfTwoMonths:
    """A reading of four lines whose amounts have four decimals, as an ERP without line totals leaves them."""

    filters = SimpleNamespace(
        before=Range(date(2026, 4, 1), date(2026, 4, 30)), now=Range(date(2026, 5, 1), date(2026, 5, 31))
    )

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(
            "create schema finance; create table finance.fct_margins_monthly as select * from (values"
            " (date '2026-04-01', 10.0050::decimal(18, 4), 0.10::decimal(18, 2), 4.0050::decimal(18, 4),"
            " 10.0050::decimal(18, 4)), (date '2026-04-01', 3.3333, 0, 0, 0),"
            " (date '2026-05-01', 20.0149, 0.20, 8.0149, 20.0149), (date '2026-05-01', 1.1111, 0, 0, 0)"
            ") as t (month_on, net_rpt, discount_rpt, margin_rpt, net_with_known_cost_rpt)"
        )

    def where(self, metric: str) -> Mapping[str, tuple[str, ...]]:
        return {}

    def rows(self, sql: str, **values: Any) -> pa.Table:
        return self.connection.sql(sql, params=values).to_arrow_table()


def test_the_steps_lead_from_one_margin_to_the_other_to_the_cent() -> None:
    """By hand: margin 4.005 is 4.01 and 8.0149 is 8.01, so the steps are 4.00 together, and none has half a cent."""
    bridge = margin_bridge(cast(Reading, MarginsOfTwoMonths()))
    assert (bridge.start, bridge.end) == (Decimal("4.01"), Decimal("8.01"))
    assert bridge.start + sum(value for _, value in bridge.steps) == bridge.end
    assert all(value == value.quantize(Decimal("0.01")) for _, value in bridge.steps)

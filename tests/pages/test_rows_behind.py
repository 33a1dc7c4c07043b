"""From a number to its rows and to the source: the rows add up to the number, and each names where it came from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from company.settings import Settings
from dashboards.reading import Reading
from dashboards.rows_behind import MOST, files_of, rows_behind

ZERO = Decimal(0)
_AMOUNT = {
    "net_revenue": "net_rpt",
    "gross_margin": "margin_rpt",
    "bookings": "amount_rpt",
    "open_pipeline": "amount_rpt",
    "receivables_open": "open_rpt",
    "receivables_overdue": "open_rpt",
    "payables_open": "open_rpt",
}


@pytest.mark.parametrize("metric", list(_AMOUNT))
def test_the_rows_behind_a_number_add_up_to_it(reading: Reading, metric: str) -> None:
    """A reader who follows a number to its documents must arrive at the same number."""
    month = replace(reading.filters.now, first=reading.filters.now.last.replace(day=1))
    narrowed = replace(reading, filters=replace(reading.filters, now=month))
    found = rows_behind(narrowed, metric)
    assert 0 < found.count <= MOST
    rows = found.table[_AMOUNT[metric]].to_pylist()
    assert sum((value for value in rows if value is not None), ZERO).quantize(Decimal("0.01")) == narrowed.value(metric)


def test_rows_follow_filters_and_the_picked_bar(reading: Reading) -> None:
    """A click that shows other rows than the bar was made of would be worse than none."""
    one = replace(reading, filters=replace(reading.filters, where={"region": ("North",)}))
    found = rows_behind(one, "net_revenue", ("category", "Sensors"))
    assert set(found.narrowed) == {"region", "category"}
    wanted = reading.rows(
        "select sum(net_rpt) as n from finance.fct_margins_monthly where region = 'North' and category = 'Sensors'"
        " and month_on between $first and $last",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
    )["n"][0].as_py()
    assert sum(found.table["net_rpt"].to_pylist(), ZERO) == wanted


def test_every_row_leads_to_a_file_of_its_source(reading: Reading, sample_company: Settings) -> None:
    """The last step of the way: a system that plumbline.yaml names, an id, and a file that was read."""
    for metric in ("net_revenue", "bookings", "receivables_open", "payables_open"):
        for row in rows_behind(reading, metric).table.slice(0, 20).to_pylist():
            assert row["source_system"] in sample_company.sources
            assert row["source_id"]
            files = files_of(reading, system=row["source_system"], entity=row["source_entity"])
            assert files.num_rows, f"{metric}: no file of {row['source_entity']}"

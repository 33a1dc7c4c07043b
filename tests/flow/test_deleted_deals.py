"""A deal that the CRM deletes leaves through a bar of its own: published versions remember what no export shows."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from demo_company import publish

from company.settings import Settings
from dashboards.published import current

pytestmark = pytest.mark.deep  # a second run of the company


def test_a_deleted_deal_is_a_bar_of_its_own_and_the_waterfall_still_closes(copied_company: Settings) -> None:
    """Sales clears out dead deals before a meeting; without a trace of it the pipeline shrinks for no reason."""
    settings = copied_company
    before = current(settings.folders, None)
    assert before is not None
    ((deal, amount),) = (
        before.cursor()
        .sql("select source_id, amount_rpt from sales.fct_deals where is_open and amount_rpt > 0 order by 1 limit 1")
        .fetchall()
    )
    export = settings.folders.root / "sample" / "crm" / "Opportunity_20260630.csv"
    with export.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    with export.with_name("Opportunity_20260701.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(row for row in rows if row[0] != deal)
    publish(settings)
    after = current(settings.folders, None)
    assert after is not None
    cursor = after.cursor()
    assert cursor.sql(f"select count(*) from sales.fct_deals where source_id = '{deal}'").fetchall() == [(0,)]
    assert cursor.sql(
        f"select month_on, deleted_rpt, closing_rpt from sales.fct_pipeline_waterfall"
        f" where source_id = '{deal}' and deleted_rpt <> 0"
    ).fetchall() == [(date(2026, 6, 1), -amount, 0)]
    # In May it was there, and stays there; on the day of the deletion it is gone.
    days = dict(
        cursor.sql(
            f"select date_on, amount_rpt from sales.fct_pipeline_daily where source_id = '{deal}' and is_month_end"
        ).fetchall()
    )
    assert date(2026, 6, 30) not in days
    published = cursor.sql("select count(*) from sales.fct_forecast_accuracy where method = 'published'").fetchall()
    assert published == [(0,)]  # no month that a version spoke of has ended yet

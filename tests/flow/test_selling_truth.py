"""Selling and acquisition against the sample company's truth, which reads no model, and the pipeline of any past day.

The pipeline is asked again after the future has been spoiled: what a day is answered with must not depend on it.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest

from company.settings import Settings
from dashboards.published import current

DAYS = (date(2024, 2, 29), date(2025, 3, 31), date(2026, 5, 17), date(2026, 6, 30))
WEIGHTS = ("first", "last", "linear", "position")


@pytest.fixture
def published(sample_company: Settings) -> duckdb.DuckDBPyConnection:
    found = current(sample_company.folders, None)
    assert found is not None
    return found.cursor()


@pytest.fixture(scope="module")
def copied_states(sample_company: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The event rows of the pipeline and its table macro, in memory, to be spoiled."""
    found = current(sample_company.folders, None)
    assert found is not None
    cursor = found.cursor()
    rows = cursor.sql("select * from sales.fct_deal_states").to_arrow_table()
    ((text, parameters),) = cursor.sql(
        "select macro_definition, parameters from duckdb_functions()"
        " where schema_name = 'sales' and function_name = 'pipeline_on'"
    ).fetchall()
    with duckdb.connect() as connection:
        connection.execute("create schema sales")
        connection.register("given", rows)
        connection.execute("create table sales.fct_deal_states as select * from given")
        connection.execute(f"create macro sales.pipeline_on({', '.join(parameters)}) as table {text}")
        yield connection


def truth(settings: Settings, name: str) -> list[dict[str, str]]:
    with (settings.folders.root / "sample" / "truth" / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def test_touches_are_weighed_as_the_truth_weighs_them(
    sample_company: Settings, published: duckdb.DuckDBPyConnection
) -> None:
    """A campaign that is paid for another one's deals gets its budget again."""
    known = {
        (f"crm:{row['deal_id']}", f"crm:{row['campaign_id']}", model): Decimal(row[f"{model}_millionths"]) / 1_000_000
        for row in truth(sample_company, "attribution.csv")
        for model in WEIGHTS
    }
    found = published.sql(
        "select deal_id, campaign_id, model, sum(weight_ratio) from customers.fct_attribution"
        " where campaign_id is not null group by all"
    ).fetchall()
    assert len(known) > 1000
    assert {(deal, campaign, model): weight for deal, campaign, model, weight in found} == known


def assert_commission_is_true(settings: Settings) -> None:
    """Every event on both sides: who, for which deal, by which document, on what base, at which rate, how much."""
    known = {
        (
            f"crm:{row['owner_id']}",
            f"crm:{row['deal_id']}",
            row["plan_base"],
            row["event_type"],
            row["event_on"],
            row["document_no"],
            Decimal(row["base_rpt"]),
            Decimal(row["rate_thousandths"]) / 1000,
            Decimal(row["commission_rpt"]),
        )
        for row in truth(settings, "commissions.csv")
    }
    found = current(settings.folders, None)
    assert found is not None
    told = set(
        found.cursor()
        .sql(
            "select owner_id, deal_id, commission_base, event_type, cast(event_on as varchar),"
            " split_part(document_id, ':', 2), base_rpt, rate_ratio, commission_rpt from sales.fct_commissions"
        )
        .fetchall()
    )
    assert told - known == set(), "published, and not true"
    assert known - told == set(), "true, and not published"
    assert {(event[2], event[3]) for event in known} >= {
        ("booked", "booked"),
        ("booked", "credited"),
        ("booked", "clawed_back"),
        ("booked", "paid_late"),
        ("invoiced_margin", "invoiced"),
        ("invoiced_margin", "clawed_back"),
        ("invoiced_margin", "paid_late"),
        ("collected_cash", "collected"),
    }


def test_commission_is_the_truths_on_bookings_margin_and_cash(sample_company: Settings) -> None:
    """A seller who is paid wrongly notices, and then believes no other number."""
    assert_commission_is_true(sample_company)


def test_commission_of_messy_exports_is_the_truths_without_what_is_withheld(messy_company: Settings) -> None:
    """A bad row elsewhere in the exports is no reason to pay a seller another amount."""
    assert_commission_is_true(messy_company)


@pytest.mark.parametrize("day", DAYS)
def test_the_pipeline_of_a_day_is_the_recorded_one(published: duckdb.DuckDBPyConnection, day: date) -> None:
    """Two answers to the same question would leave nobody to believe."""
    columns = "deal_id, stage, amount_rpt, weighted_rpt, calibrated_probability_ratio, calibrated_weighted_rpt"
    asked = published.sql(f"select {columns} from sales.pipeline_on(date '{day}') order by deal_id").fetchall()
    recorded = published.sql(
        f"select {columns} from sales.fct_pipeline_daily where date_on = date '{day}' order by deal_id"
    ).fetchall()
    assert asked
    assert asked == recorded


def test_the_pipeline_of_a_day_knows_nothing_of_later_days(copied_states: duckdb.DuckDBPyConnection) -> None:
    """A forecast that has seen the result looks good for ever and is worth nothing."""
    day = date(2025, 3, 31)
    question = f"select * from sales.pipeline_on(date '{day}') order by deal_id"
    before = copied_states.sql(question).fetchall()
    copied_states.execute(
        "update sales.fct_deal_states set outcome = case outcome when 'won' then 'lost' else 'won' end,"
        f" amount_rpt = amount_rpt * 10, stage = 'spoiled' where valid_from_on > date '{day}'"
    )
    assert len(before) > 3
    assert copied_states.sql(question).fetchall() == before
    ((spoiled,),) = copied_states.sql("select count(*) from sales.fct_deal_states where stage = 'spoiled'").fetchall()
    assert spoiled > 100


def test_lists_hold_only_what_their_reason_says(published: duckdb.DuckDBPyConnection) -> None:
    """A list with one row too many is not read a second time."""
    open_deals = {deal for (deal,) in published.sql("select deal_id from sales.fct_deals where is_open").fetchall()}
    without_step = {
        deal
        for (deal,) in published.sql(
            "select deal_id from sales.fct_deals where is_open and next_step is null"
        ).fetchall()
    }
    lists: dict[str, set[str]] = defaultdict(set)
    for name in ("list_stalled_deals", "list_deals_without_next_step"):
        lists[name] = {deal for (deal,) in published.sql(f"select deal_id from sales.{name}").fetchall()}
    assert lists["list_deals_without_next_step"] == without_step
    assert lists["list_stalled_deals"] <= open_deals
    reasons = published.sql(
        "select reason from sales.list_customers_to_pursue union all select reason from sales.list_whitespace"
        " union all select reason from sales.list_upsell union all select reason from sales.list_customers_at_risk"
        " union all select reason from sales.list_stalled_deals"
        " union all select reason from sales.list_unanswered_leads"
        " union all select reason from sales.list_deals_without_next_step"
    ).fetchall()
    assert len(reasons) > 50
    wordless = [text for (text,) in reasons if not any(sign.isdigit() for sign in text or "")]
    assert [text for text in wordless if text is None or "never an activity" not in text] == []


def test_the_sentence_on_who_to_pursue_can_be_worked_out(published: duckdb.DuckDBPyConnection) -> None:
    """A product that does not come out on a pocket calculator is taken for a mistake, and so is the list."""
    rows = published.sql(
        "select reason, margin_if_won_rpt, probability_ratio, expected_margin_rpt from sales.list_customers_to_pursue"
    ).fetchall()
    assert len(rows) > 5
    for reason, *figures in rows:
        said = re.fullmatch(r"margin if won (-?[\d.]+) x chance ([\d.]+)% = (-?[\d.]+)", reason)
        assert said is not None, reason
        margin, chance, expected = (Decimal(text) for text in said.groups())
        assert [margin, chance / 100, expected] == figures
        assert (margin * chance / 100).quantize(Decimal("0.01"), ROUND_HALF_UP) == expected, reason

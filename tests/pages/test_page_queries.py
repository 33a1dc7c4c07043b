"""What pages compute beyond metrics adds up, to what the published tables say by another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest
from readings import reading_of

from company.match_decisions import Decision, take_decisions
from company.settings import Settings
from dashboards import answers
from dashboards.access import audit
from dashboards.method_words import CASH_LAYERS, CASH_METHODS, STREAMS, VALUE_METHODS
from dashboards.published import current
from dashboards.queries import (
    budget,
    cash,
    customer_brief,
    customers,
    margins,
    match_review,
    operations,
    sales,
    scorecard,
)
from dashboards.reading import Reading

ZERO = Decimal(0)


def one(reading: Reading, sql: str, **values: object) -> object:
    return reading.rows(sql, **values).column(0)[0].as_py()


def test_customers_add_up_to_revenue(reading: Reading) -> None:
    """A list that loses a customer makes the largest look larger than they are."""
    listed = sum((value or ZERO for value in customers.listing(reading)["revenue_rpt"].to_pylist()), ZERO)
    unnamed = one(
        reading,
        "select coalesce(sum(net_rpt), 0) from finance.fct_margins_monthly as margins"
        " left join common.dim_customers as customers using (customer_id)"
        " where customers.party_id is null and month_on between $first and $last",
        first=reading.filters.now.first,
        last=reading.filters.now.last,
    )
    whole = reading.value("net_revenue")
    assert whole is not None
    assert abs(listed + Decimal(str(unnamed)) - whole) < Decimal("0.50"), "cents of rounding a customer, no more"


def test_methods_are_named_in_words(reading: Reading) -> None:
    """Nobody in a board meeting knows what `bg_nbd` is; a method added later must not show as its code either."""
    for table, column, words in (
        ("customers.fct_customer_value", "method", VALUE_METHODS),
        ("customers.fct_customer_value_accuracy", "method", VALUE_METHODS),
        ("customers.fct_customer_value", "stream", STREAMS),
        ("finance.fct_cash_projection_scores", "method", CASH_METHODS),
        ("finance.fct_cash_projection_scores", "layer", CASH_LAYERS),
    ):
        codes = reading.rows(f"select distinct {column} from {table}").column(0).to_pylist()
        assert codes
        assert set(codes) <= set(words), table
    for shown in (customers.accuracy(reading)["method"], cash.scores(reading)["method"]):
        assert shown.to_pylist()
        assert not [text for text in shown.to_pylist() if "_" in text]


def test_the_backtest_is_on_the_page_and_a_value_without_a_model_says_why(reading: Reading) -> None:
    """A forecast without its record, or a stand-in that looks like an estimate, is believed too much."""
    scores = cash.scores(reading).to_pylist()
    assert {row["layer"] for row in scores} == set(CASH_LAYERS.values())
    assert all(0.5 < row["coverage_ratio"] <= 1 for row in scores if row["is_chosen"] and row["horizon"] != "Week 1")
    # Only what has a band has a loss of one.
    assert all((row["pinball_rpt"] is not None) == row["is_chosen"] for row in scores)
    listed = customers.listing(reading).to_pylist()
    without = [row["party_id"] for row in listed if row["no_model_because"]]
    rows = "select distinct party_id from customers.fct_customer_value where is_chosen and is_fallback"
    stand_ins = set(reading.rows(rows).column(0).to_pylist())
    assert without
    assert set(without) == stand_ins & {row["party_id"] for row in listed}
    assert customer_brief.worth(reading, without[0])["no_model_because"]


def test_warnings_of_too_little_money_are_judged_in_words_and_over_entities(
    reading: Reading, copied_company: Settings
) -> None:
    """A CFO who does not know how often warnings were right heeds all of them or none."""
    assert cash.warnings(reading).num_rows == 0, "one published version: no week has passed since"
    # FI01 fell below three times, was warned of two of them and once in vain; SE01 was warned once in vain.
    chosen = one(reading, "select min(method) from finance.fct_cash_projection where is_chosen")
    version = copied_company.folders.pointer.read_text(encoding="utf-8").strip()
    with duckdb.connect(copied_company.folders.marts(version)) as marts:
        marts.execute(
            "insert into finance.fct_cash_warning_scores values"
            f" ('{chosen}', true, 'FI01', 'expected', 4, 50, 3, 3, 2, 2 / 3, 1 / 3),"
            f" ('{chosen}', true, 'SE01', 'expected', 4, 50, 0, 1, 0, null, 1),"
            f" ('{chosen}', true, 'FI01', 'one_in_ten', 13, 40, 0, 0, 0, null, null),"
            " ('other', false, 'FI01', 'expected', 4, 50, 9, 9, 9, 1, 0)"
        )
    filled = reading_of(copied_company)
    assert cash.warnings(filled).to_pylist() == [
        {
            "warning": "Expected to be below the minimum",
            "within": "Within 4 weeks",
            "outlooks_count": 100,
            "below_count": 3,
            "warned_count": 4,
            "hit_ratio": pytest.approx(2 / 3),
            "false_alarm_ratio": 0.5,
        },
        {
            "warning": "One chance in ten to be below the minimum",
            "within": "Within 13 weeks",
            "outlooks_count": 40,
            "below_count": 0,
            "warned_count": 0,
            "hit_ratio": None,
            "false_alarm_ratio": None,
        },
    ]
    narrowed = replace(filled, filters=replace(filled.filters, where={"entity_id": ("SE01",)}))
    assert [(row["hit_ratio"], row["false_alarm_ratio"]) for row in cash.warnings(narrowed).to_pylist()] == [(None, 1)]


def test_recurring_revenue_closes(reading: Reading) -> None:
    bridge = customers.recurring_bridge(reading)
    assert bridge.start + sum((amount for _, amount in bridge.steps), ZERO) == bridge.end


def test_the_causes_of_margin_lead_from_then_to_now(reading: Reading) -> None:
    """The bridge stands beside the cards: it begins and ends at their cents or is not shown."""
    bridge = margins.cause_bridge(reading)
    assert bridge is not None
    assert bridge.start == reading.before("gross_margin")
    assert bridge.end == reading.value("gross_margin")
    assert bridge.start + sum((amount for _, amount in bridge.steps), ZERO) == bridge.end
    filtered = replace(reading, filters=replace(reading.filters, where={"region": ("North",)}))
    assert margins.cause_bridge(filtered) is None


def test_who_lost_margin_is_told_net_of_what_was_bought_instead(reading: Reading) -> None:
    """A customer that swaps one item for another is no loss, and a salesman sent to win it back looks a fool."""
    changes = (
        "select sum(case when month_on > $middle then margin_rpt else -margin_rpt end) as change_rpt"
        " from finance.fct_invoice_lines where not is_intercompany and is_cost_known"
        " and month_on > $first and month_on <= $last group by entity_id, {0}"
    )
    months = {"last": date(2026, 6, 1), "middle": date(2025, 6, 1), "first": date(2024, 6, 1)}
    for level, keys in (("customer", "customer_id"), ("item", "item_id, item_type"),
                        ("customer_item", "customer_id, item_id, item_type")):  # fmt: skip
        lost = sorted(row["change_rpt"] for row in reading.rows(changes.format(keys), **months).to_pylist())
        told = margins.erosion(reading, level, most=1_000)["change_rpt"].to_pylist()
        assert told == [amount.quantize(Decimal("0.01"), ROUND_HALF_UP) for amount in lost if amount < 0], level
        assert told


def test_operating_margin_adds_up_over_departments_projects_and_customers(reading: Reading) -> None:
    """Expenses that no cut shows, or that one shows twice, make every member look better or worse than it is."""
    whole = reading.value("allocated_operating_margin")
    for cut in ("department_code", "project__name", "customer__name", "item__name"):
        parts = answers.by_member(reading, cut, metric="allocated_operating_margin")
        assert len(parts) > 3, cut
        assert abs(sum((part or ZERO for part in parts.values()), ZERO) - (whole or ZERO)) < Decimal("0.50"), cut


def test_counts_and_days_out_of_stock_are_those_of_the_moves(reading: Reading) -> None:
    """A list that finds nothing is read as stock that is right."""
    table = operations.stock_watch(reading, reading.filters.now).to_pylist()
    assert sum(row["counts"] for row in table) > 3
    assert all(0 <= row["accuracy_ratio"] <= 1 for row in table if row["counts"])
    assert any(row["out_of_stock_days"] for row in table)


def test_the_time_line_holds_every_document_of_the_customer(reading: Reading) -> None:
    """Support that does not see an open ticket sends the customer round in circles."""
    party = str(
        one(
            reading,
            "select party_id from sales.fct_deals where party_id in (select party_id from operations.fct_tickets)"
            " group by party_id order by count(*) desc, party_id limit 1",
        )
    )
    kinds = customer_brief.time_line(reading, party, most=100_000)["kind"].to_pylist()
    expected = {
        "Deal": "select count(*) from sales.fct_deals where party_id = $party",
        "Ticket": "select count(*) from operations.fct_tickets where party_id = $party",
        "Activity": "select count(*) from sales.fct_activities where party_id = $party",
        "Invoice": "select count(distinct document_id) from finance.fct_receivable_items as items inner join"
        " common.dim_customers as customers using (customer_id) where customers.party_id = $party"
        " and document_type = 'invoice'",
    }
    for kind, sql in expected.items():
        assert kinds.count(kind) == one(reading, sql, party=party), kind


def test_a_customer_is_found_by_name_and_by_either_id(reading: Reading) -> None:
    known = {party.party_id: party for party in customer_brief.parties(reading)}
    row = reading.rows(
        "select party_id, customer_id, crm_account_id, customer_name from customers.fct_customer_matches"
        " where status = 'accepted' order by net_rpt desc limit 1"
    ).to_pylist()[0]
    party = known[row["party_id"]]
    assert all(row[name] in party.found_by for name in ("customer_id", "crm_account_id"))
    assert row["customer_name"] in party.found_by


def test_variances_of_lines_add_up_to_the_result(reading: Reading) -> None:
    sides = budget.sides(reading)
    assert sides is not None
    assert sum(budget.by_line(reading).values(), ZERO) == sides.variance
    pace = budget.pace(reading, reading.filters.now)
    assert (pace.actual[-1], pace.budget[-1]) == (sides.actual, sides.budget)
    rows = budget.rows(reading, budgeted=True)
    assert abs(sum(rows["better_rpt"].to_pylist(), ZERO) - sides.variance) < Decimal("0.05")


def test_groups_and_nodes_of_a_plan_add_up_to_the_result(reading: Reading) -> None:
    """A reader adds the departments up, and must find the result that stands above them."""
    groups = {row["account_name"]: row for row in budget.by_group(reading).to_pylist()}
    assert groups["Result for the year"] | {"account_name": ""} == groups["Result"] | {"account_name": ""}
    below = groups["Operating result"]["actual_rpt"] + groups["Financial items and tax"]["actual_rpt"]
    assert groups["Result"]["actual_rpt"] == below
    nodes = budget.by_node(reading).to_pylist()
    names = {row["node"] for row in nodes if row["level"] == "Department"}
    assert names == {"Sales", "Marketing", "Services", "Operations", "Product", "Administration"}
    assert sum(row["level"] == "Cost centre" for row in nodes) == 18


def test_the_expected_year_is_what_is_over_and_then_the_forecast(reading: Reading) -> None:
    rows = budget.expected_year(reading).to_pylist()
    assert {row["fiscal_year"] for row in rows} == {2026}
    whole = reading.published.cursor().sql(
        "select entity_id, sum(case when period_on <= '2026-06-01' then actual_local else forecast_local end)"
        " from finance.fct_plan_comparison where statement_line = 'Revenue' and year(period_on) = 2026 group by all"
    )
    expected = dict(whole.fetchall())
    assert {row["entity_id"]: row["expected_local"] for row in rows if row["statement_line"] == "Revenue"} == expected


def test_the_pace_ends_at_bookings_and_target(reading: Reading) -> None:
    pace = sales.pace(reading, "bookings", reading.filters.now)
    assert pace.actual[-1] == reading.value("bookings")
    assert pace.target[-1] == reading.target("bookings")


def test_a_scenario_starts_at_the_bank_and_ends_as_published(reading: Reading) -> None:
    """The what-if line must begin where the account stands and agree with the mart where no slider is moved."""
    base = cash.weekly(reading)
    last = reading.rows(
        "select sum(balance_rpt) as balance from finance.fct_cash_projection where method = $method"
        " and scenario = 'base' and layer = 'bank' and week_on = $week",
        method=cash.METHOD,
        week=base.weeks[-1],
    )["balance"][0].as_py()
    assert len(base.weeks) == 13
    assert base.balance[-1] == last
    band = cash.band(reading)
    assert band is not None
    assert all(low <= middle <= high for low, middle, high in zip(band.low, band.middle, band.high, strict=True))
    several = replace(reading, filters=replace(reading.filters, where={"entity_id": ("FI01", "SE01")}))
    assert cash.band(several) is None


@pytest.mark.parametrize(
    ("now", "against", "good", "expected"),
    [
        (Decimal(918), Decimal(1010), "up", Decimal(92) / 1010),
        (Decimal(1100), Decimal(1010), "up", ZERO),
        (Decimal(150), Decimal(100), "down", Decimal("0.5")),
        (Decimal(90), Decimal(100), "down", ZERO),
        (Decimal(-50), Decimal(100), "up", Decimal(1)),
        (None, Decimal(100), "up", ZERO),
        (Decimal(5), ZERO, "up", ZERO),
    ],
)
def test_how_far_a_metric_is_off(now: Decimal | None, against: Decimal, good: str, expected: Decimal) -> None:
    assert scorecard.off(now, against, good) == expected


def test_the_tense_area_is_the_one_that_is_furthest_off(reading: Reading) -> None:
    """A scorecard that names the wrong area sends the board to the wrong meeting."""
    areas = scorecard.scorecard(reading)
    assert [area.name for area in areas] == ["Acquisition", "Delivery", "Cash", "Control"]
    worst = scorecard.tense(areas)
    assert worst is not None
    assert worst.tension == max(area.tension for area in areas)
    assert worst.worst is not None
    assert reading.definition(worst.worst.metric).label in scorecard.reason(reading, worst.worst)


def test_a_decided_pair_leaves_the_queue(copied_company: Settings, reading: Reading) -> None:
    """Two people must not decide the same pair twice on one morning."""
    published = current(copied_company.folders, None)
    assert published is not None
    here = replace(reading, settings=copied_company, published=published)
    before = match_review.waiting(here)
    if before.num_rows == 0:
        pytest.skip("no pair of this sample waits for a decision")
    first = before.slice(0, 1).to_pylist()[0]
    take_decisions(
        copied_company.folders,
        [Decision("reject", first["crm_account_id"], first["customer_id"], reason="a namesake")],
        by="controller@aurelle.example",
        at=published.manifest.created_at + timedelta(minutes=1),
    )
    after = match_review.waiting(here)
    assert after.num_rows == before.num_rows - 1
    assert [taken.decided_by for taken in match_review.fresh(here)] == ["controller@aurelle.example"]


def test_an_export_leaves_a_row_in_the_audit_log(copied_company: Settings, reading: Reading) -> None:
    """Who took which rows, under which filters, of which version: asked after a leak, and never answered by memory."""
    filters = replace(reading.filters, where={"region": ("North",)})
    here = replace(reading, settings=copied_company, filters=filters, reader="ceo@aurelle.example")
    assert here.exported("Owners", "csv", lambda: b"rows") == b"rows"
    newest = audit.read(copied_company.folders, action="export")[0]
    assert (newest.actor, newest.subject) == ("ceo@aurelle.example", "Owners")
    assert newest.version == reading.manifest.version
    assert newest.detail == {"format": "csv", "Region": "North"}

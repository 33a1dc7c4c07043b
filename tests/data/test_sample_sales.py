"""What the models say of the sample company's sales and customers, against what its generator knows."""

from collections.abc import Iterator
from itertools import pairwise

import duckdb
import pytest
from sample_build import BuiltSample

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def connection(built_sample: BuiltSample) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as found:
        found.execute(f"attach '{built_sample.marts}' as marts (read_only)")
        found.execute(f"attach '{built_sample.build}' as build (read_only)")
        found.execute("use marts")
        found.execute(
            "create temp table known_matches as select 'crm:' || crm_account_id as crm_account_id,"
            " 'erp:' || customer_no as customer_id, recognised_by"
            f" from read_csv('{built_sample.truth / 'matches.csv'}', all_varchar = true)"
        )
        found.execute(
            "create temp table known_months as select cast(period_on as date) as month_on, entity_id,"
            " cast(bookings_rpt as decimal(18, 2)) as bookings_rpt, cast(revenue_rpt as decimal(18, 2)) as revenue_rpt"
            f" from read_csv('{built_sample.truth / 'months.csv'}', all_varchar = true)"
        )
        yield found


def test_no_match_is_wrong(connection: duckdb.DuckDBPyConnection) -> None:
    """A wrong match gives one customer's margin to another one's deals; a missing one is only shown as missing."""
    wrong = connection.execute(
        "select m.crm_account_id, m.customer_id, m.method from customers.fct_customer_matches m"
        " anti join known_matches using (crm_account_id, customer_id) where m.status = 'accepted'"
    ).fetchall()
    assert wrong == []


def test_nearly_all_that_can_be_recognised_is_matched(connection: duckdb.DuckDBPyConnection) -> None:
    found, known = connection.execute(
        "select count(*) filter (p.status = 'accepted'), count(*)"
        " from (select distinct customer_id from known_matches where recognised_by <> 'none') k"
        " join build.intermediate.int_party_customers p using (customer_id)"
    ).fetchone() or (0, 0)
    assert known > 50
    assert found / known >= 0.97


def test_a_customer_of_whom_the_crm_knows_nothing_stays_visible(connection: duckdb.DuckDBPyConnection) -> None:
    unknown = connection.execute(
        "select customer_id from common.dim_customers anti join known_matches using (customer_id)"
        " where not is_intercompany"
    ).fetchall()
    listed = connection.execute(
        "select customer_id from customers.fct_customer_matches where status = 'unmatched' and crm_account_id is null"
    ).fetchall()
    assert unknown
    assert set(unknown) <= set(listed)


def test_bookings_are_the_truths_by_month_and_entity(connection: duckdb.DuckDBPyConnection) -> None:
    different = connection.execute(
        "select k.month_on, k.entity_id, k.bookings_rpt, sum(d.amount_rpt) as found from known_months k"
        " left join sales.fct_deals d on d.is_won and d.entity_id = k.entity_id"
        " and date_trunc('month', d.closed_on) = k.month_on"
        " group by all having coalesce(sum(d.amount_rpt), 0) <> k.bookings_rpt"
    ).fetchall()
    assert different == []


def test_customers_revenue_is_the_truths_by_month(connection: duckdb.DuckDBPyConnection) -> None:
    different = connection.execute(
        "select month_on, k.revenue_rpt, c.net_rpt from"
        " (select month_on, sum(revenue_rpt) as revenue_rpt from known_months group by month_on) k"
        " full join (select month_on, sum(net_rpt) as net_rpt from customers.fct_customer_months group by month_on) c"
        " using (month_on) where k.revenue_rpt is distinct from c.net_rpt"
    ).fetchall()
    assert different == []


def test_the_pipeline_opens_each_month_where_it_closed_the_last(connection: duckdb.DuckDBPyConnection) -> None:
    months = connection.execute(
        "select month_on, sum(opening_rpt), sum(closing_rpt), sum(created_rpt + reopened_rpt + amount_change_rpt"
        " + won_rpt + lost_rpt + merged_rpt + deleted_rpt) from sales.fct_pipeline_waterfall group by month_on order by month_on"
    ).fetchall()
    assert len(months) > 36
    for before, after in pairwise(months):
        assert after[1] == before[2]
    assert all(opening + moved == closing for _, opening, closing, moved in months)

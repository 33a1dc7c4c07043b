"""One row per method and party: what each model expects of the customer over the horizon, which model is chosen, and
where there is none, the cohort's figure with the reason. Figures are estimates, in double; the mart rounds them."""

import polars as pl

from pipelines.statistics.customer_value import portfolio
from pipelines.statistics.customer_value.valuing import Horizon


def model(dbt, session):
    orders, lines = dbt.ref("int_customer_orders"), dbt.ref("int_recurring_lines")
    judged = dbt.ref("int_customer_value_holdouts")
    horizon = Horizon(
        months=dbt.config.get("horizon_months"),
        month=portfolio.MONTH_DAYS,
        yearly_discount=dbt.config.get("yearly_discount"),
    )
    found = portfolio.no_estimates()
    for (as_of,) in dbt.ref("int_run_context").project("as_of").fetchall():  # none before the first run
        given = portfolio.read_portfolio(orders.pl(), lines.pl())
        found = portfolio.estimates(given, judged.pl(), as_of=as_of, horizon=horizon)
    return found.with_columns(
        horizon_months=pl.lit(horizon.months), yearly_discount=pl.lit(horizon.yearly_discount)
    ).to_arrow()

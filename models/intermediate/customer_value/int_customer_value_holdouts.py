"""One row per stream, segment, method and origin: what each model and its naive rival expected of the months after the
origin, knowing nothing of them, and what came. The origins follow each other back from the as-of date."""

from pipelines.statistics.customer_value import portfolio


def model(dbt, session):
    orders, lines = dbt.ref("int_customer_orders"), dbt.ref("int_recurring_lines")
    months, count = dbt.config.get("holdout_months"), dbt.config.get("holdout_origins")
    origins = []
    for (as_of,) in dbt.ref("int_run_context").project("as_of").fetchall():  # none before the first run
        origins = portfolio.rolling_origins(as_of, months=months, count=count)
    return portfolio.holdouts(portfolio.read_portfolio(orders.pl(), lines.pl()), origins).to_arrow()

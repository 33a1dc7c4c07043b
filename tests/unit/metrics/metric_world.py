"""A published file with a handful of rows and the plans of six metrics over it, small enough to add up by hand."""

from company.metric_plans import Dimension, Measure, Plan, Question, Unit, Window, ratio_expression, render
from dashboards.metrics import Catalogue, Definition

REGION = {
    "region": Dimension(column="region"),
    "customer__segment": Dimension(
        column="segment", relation="common.dim_customers", key="customer_id", foreign_key="customer_id"
    ),
}
REVENUE = Measure(
    relation="finance.margins",
    aggregate="sum",
    expression="net_rpt",
    time="month_on",
    time_grain="month",
    dimensions=REGION,
)
MARGIN = REVENUE.model_copy(update={"expression": "margin_rpt"})
STOCK = Measure(
    relation="sales.pipeline",
    aggregate="sum",
    expression="amount_rpt",
    time="date_on",
    time_grain="day",
    snapshot="last",
    dimensions={"region": Dimension(column="region")},
)
BILLED = Measure(
    relation="finance.bills",
    aggregate="sum",
    expression="gross_rpt",
    time="billed_on",
    time_grain="day",
    window=Window(count=90, grain="day"),
)
LOWEST = Measure(
    relation="finance.weeks",
    aggregate="min",
    expression="balance_rpt",
    time="week_on",
    time_grain="day",
    sums_days=True,
    looks_ahead=True,
    dimensions={"entity_id": Dimension(column="entity_id")},
)
PLANS: dict[str, tuple[Unit, Plan]] = {
    "revenue": ("money", Plan(kind="simple", measures={"revenue": REVENUE}, expression="revenue")),
    "margin_ratio": (
        "ratio",
        Plan(
            kind="ratio",
            measures={"margin": MARGIN, "revenue": REVENUE},
            expression=ratio_expression("margin", "revenue"),
        ),
    ),
    "open_pipeline": ("money", Plan(kind="simple", measures={"open_pipeline": STOCK}, expression="open_pipeline")),
    "billed_in_90_days": (
        "money",
        Plan(kind="simple", measures={"billed_in_90_days": BILLED}, expression="billed_in_90_days"),
    ),
    "lowest_cash": ("money", Plan(kind="simple", measures={"lowest_cash": LOWEST}, expression="lowest_cash")),
    "outside_revenue": (
        "money",
        Plan(
            kind="simple",
            measures={
                "outside_revenue": REVENUE.model_copy(
                    update={"condition": "customer__segment <> 'group'", "condition_dimensions": ("customer__segment",)}
                )
            },
            expression="outside_revenue",
        ),
    ),
}


def definition(name: str, unit: Unit, plan: Plan) -> Definition:
    return Definition(
        name=name,
        label=name.title(),
        description="",
        unit=unit,
        good="up",
        owner="finance",
        beware="",
        metric_type=plan.kind,
        plan=plan,
        sql=render(plan, unit, Question(grain="month")).sql,
    )


CATALOGUE = Catalogue([definition(name, unit, plan) for name, (unit, plan) in PLANS.items()])


TABLES = """
create schema common; create schema finance; create schema sales;
create table common.dim_customers (customer_id varchar, segment varchar);
insert into common.dim_customers values ('a', 'large'), ('b', 'small'), ('g', 'group');
create table finance.margins (
    month_on date, customer_id varchar, region varchar, net_rpt decimal(18, 2), margin_rpt decimal(18, 2)
);
insert into finance.margins values
    ('2026-01-01', 'a', 'north', 100.00, 40.00),
    ('2026-01-01', 'b', 'south', 50.10, 10.00),
    ('2026-02-01', 'a', 'north', 0.20, 0.10),
    ('2026-02-01', 'b', null, -20.10, -5.00),
    ('2026-03-01', 'a', 'north', 5.00, 1.00),
    ('2026-03-01', 'g', 'north', -5.00, -1.00);
create table sales.pipeline (date_on date, deal_id varchar, region varchar, amount_rpt decimal(18, 2));
insert into sales.pipeline values
    ('2026-01-30', 'x', 'north', 10.00), ('2026-01-30', 'y', 'south', 7.00),
    ('2026-01-31', 'x', 'north', 11.00),
    ('2026-02-28', 'x', 'north', 12.00), ('2026-02-28', 'z', 'south', 1.00);
create table finance.bills (billed_on date, gross_rpt decimal(18, 2));
insert into finance.bills values
    ('2026-01-01', 1.00), ('2026-01-02', 10.00), ('2026-03-31', 100.00), ('2026-04-01', 1000.00);
create table finance.weeks (week_on date, entity_id varchar, balance_rpt decimal(18, 2));
insert into finance.weeks values
    ('2026-07-06', 'FI', 10.00), ('2026-07-06', 'DE', -5.00),
    ('2026-07-13', 'FI', -1.00), ('2026-07-13', 'DE', 20.00);
"""

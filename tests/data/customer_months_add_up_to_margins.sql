-- A returned row is a month in which the customers' revenue or margin is not that of the margin mart.
with margins as (
    select
        month_on,
        sum(net_rpt) as net_rpt,
        sum(margin_rpt) as margin_rpt
    from {{ ref('fct_margins_monthly') }}
    group by month_on
),

customer_months as (
    select
        month_on,
        sum(net_rpt) as net_rpt,
        sum(margin_rpt) as margin_rpt
    from {{ ref('fct_customer_months') }}
    group by month_on
)

select
    coalesce(customer_months.month_on, margins.month_on) as month_on,
    customer_months.net_rpt as customers_net_rpt,
    margins.net_rpt,
    customer_months.margin_rpt as customers_margin_rpt,
    margins.margin_rpt
from customer_months
full outer join margins
    on customer_months.month_on = margins.month_on
where
    coalesce(customer_months.net_rpt, 0) <> coalesce(margins.net_rpt, 0)
    or coalesce(customer_months.margin_rpt, 0) <> coalesce(margins.margin_rpt, 0)

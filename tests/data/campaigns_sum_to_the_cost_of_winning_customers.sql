-- A returned row is a model and month whose campaigns do not sum, to the cent, to the cost of winning
-- customers, or not to the customers won.
with total as (
    select
        month_on,
        sum(cost_rpt) as cost_rpt,
        sum(new_customers_count) as new_customers_count
    from {{ ref('fct_acquisition_monthly') }}
    group by month_on
),

shared as (
    select
        model,
        month_on,
        sum(cost_rpt) as cost_rpt,
        sum(new_customers_weight) as new_customers_weight
    from {{ ref('fct_acquisition_by_campaign') }}
    group by model, month_on
)

select
    total.month_on,
    shared.model,
    total.cost_rpt as total_rpt,
    shared.cost_rpt,
    total.new_customers_count,
    shared.new_customers_weight
from total
left join shared
    on total.month_on = shared.month_on
where
    shared.month_on is null
    or total.cost_rpt <> shared.cost_rpt
    or total.new_customers_count <> shared.new_customers_weight

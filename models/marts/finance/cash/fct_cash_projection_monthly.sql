-- One row per scenario, entity, month and layer with cash, for eighteen months from the day after the as-of day, by the method
-- payment_history. balance_rpt is the entity's balance at the end of the month, the same on each of its layers; entities
-- without any cash in a month have no row in it.
with lines as (select * from {{ ref('fct_cash_projection_lines') }} where period_kind = 'month'),

bands as (select * from {{ ref('int_cash_bands') }} where period_kind = 'month'),

layered as (
    select
        method,
        is_chosen,
        scenario,
        entity_id,
        period_no,
        period_on,
        layer,
        sum(amount_rpt) as amount_rpt
    from lines
    group by method, is_chosen, scenario, entity_id, period_no, period_on, layer
),

balances as (
    select
        scenario,
        entity_id,
        period_on,
        sum(sum(amount_rpt)) over (
            partition by scenario, entity_id order by period_on rows between unbounded preceding and current row
        ) as balance_rpt
    from layered
    group by scenario, entity_id, period_on
)

select
    layered.method,
    layered.scenario,
    layered.layer,
    layered.period_no as month_no,
    layered.period_on as month_on,
    layered.entity_id,
    {{ money('layered.amount_rpt') }} as amount_rpt,
    {{ money('balances.balance_rpt') }} as balance_rpt,
    {{ money('bands.low') }} as p10_balance_rpt,
    {{ money('bands.middle') }} as p50_balance_rpt,
    {{ money('bands.high') }} as p90_balance_rpt,
    {{ money('bands.minimum') }} as minimum_balance_rpt,
    bands.below_minimum as below_minimum_ratio,
    layered.is_chosen
from layered
inner join balances
    on
        layered.scenario = balances.scenario
        and layered.entity_id = balances.entity_id
        and layered.period_on = balances.period_on
left join bands
    on
        layered.scenario = bands.scenario
        and layered.entity_id = bands.entity_id
        and layered.period_on = bands.period_on

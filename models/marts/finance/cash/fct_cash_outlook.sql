-- One row per scenario and entity (`all` is the whole company): what the thirteen weeks and eighteen months ahead come to, by
-- the method payment_history. first_below_minimum_on is the first week at whose end the middle of the band is below the minimum
-- balance; may_fall_below_on the first with a chance of one in ten. Both are null where no week is. runway_months is cash over
-- the mean fall of the middle of the balance per month over eighteen months; null where it does not fall, or nothing is there.
with bands as (select * from {{ ref('fct_cash_projection_bands') }}),

lines as (select * from {{ ref('fct_cash_projection_lines') }}),

opening as (
    select
        scenario,
        entity_id,
        sum(amount_rpt) as balance_rpt
    from lines
    where layer = 'bank' and period_kind = 'week'
    group by scenario, entity_id
    union all
    select
        scenario,
        'all' as entity_id,
        sum(amount_rpt) as balance_rpt
    from lines
    where layer = 'bank' and period_kind = 'week'
    group by scenario
),

weekly as (
    select
        method,
        is_chosen,
        scenario,
        entity_id,
        max(minimum_balance_rpt) as minimum_balance_rpt,
        min(p50_balance_rpt) as lowest_p50_balance_rpt,
        min(p10_balance_rpt) as lowest_p10_balance_rpt,
        min(case when p50_balance_rpt < minimum_balance_rpt then period_on end) as first_below_minimum_on,
        min(case when below_minimum_so_far_ratio >= 0.1 then period_on end) as may_fall_below_on,
        max(below_minimum_so_far_ratio) as below_minimum_ratio
    from bands
    where period_kind = 'week'
    group by method, is_chosen, scenario, entity_id
),

lowest_weeks as (
    select
        bands.scenario,
        bands.entity_id,
        min(bands.period_on) as lowest_on
    from bands
    inner join weekly
        on
            bands.scenario = weekly.scenario
            and bands.entity_id = weekly.entity_id
            and bands.p50_balance_rpt = weekly.lowest_p50_balance_rpt
    where bands.period_kind = 'week'
    group by bands.scenario, bands.entity_id
),

monthly as (
    select
        scenario,
        entity_id,
        count(*) as months,
        max(case when period_no = 17 then p50_balance_rpt end) as last_balance_rpt,
        min(p50_balance_rpt) as lowest_p50_balance_rpt
    from bands
    where period_kind = 'month'
    group by scenario, entity_id
)

select
    weekly.method,
    weekly.scenario,
    weekly.entity_id,
    {{ money('coalesce(opening.balance_rpt, 0)') }} as opening_balance_rpt,
    weekly.minimum_balance_rpt,
    weekly.lowest_p50_balance_rpt,
    weekly.lowest_p10_balance_rpt,
    lowest_weeks.lowest_on,
    weekly.first_below_minimum_on,
    weekly.may_fall_below_on,
    weekly.below_minimum_ratio,
    {{ money('(coalesce(opening.balance_rpt, 0) - monthly.last_balance_rpt) / monthly.months') }} as mean_net_burn_rpt,
    case
        when coalesce(opening.balance_rpt, 0) > 0 and opening.balance_rpt > monthly.last_balance_rpt
            then {{ ratio('opening.balance_rpt * monthly.months', '(opening.balance_rpt - monthly.last_balance_rpt)') }}
    end as runway_months,
    weekly.is_chosen
from weekly
inner join lowest_weeks
    on
        weekly.scenario = lowest_weeks.scenario
        and weekly.entity_id = lowest_weeks.entity_id
left join opening
    on
        weekly.scenario = opening.scenario
        and weekly.entity_id = opening.entity_id
left join monthly
    on
        weekly.scenario = monthly.scenario
        and weekly.entity_id = monthly.entity_id

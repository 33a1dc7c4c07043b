-- One row per quarter of first invoices and segment: what its customers are worth against what winning them cost, with an interval.
-- Worth: margin to date plus that of the next 24 months by the chosen methods; a customer that no model covers has its cohort's figure.
-- The interval takes customers as independent: the squares of their distances to low and high add up. It leaves out what the
-- models do not know. Quarters of which a month has no cost are left out, as is the cost of months and segments without customers.
with customer_value as (select * from {{ ref('fct_customer_value') }}),

acquisition as (select * from {{ ref('fct_acquisition_monthly') }}),

costs as (
    select
        cast({{ dbt.date_trunc('quarter', 'month_on') }} as date) as cohort_on,
        segment,
        sum(cost_rpt) as cost_rpt
    from acquisition
    group by cast({{ dbt.date_trunc('quarter', 'month_on') }} as date), segment
),

covered as (
    select cast({{ dbt.date_trunc('quarter', 'month_on') }} as date) as cohort_on
    from acquisition
    group by cast({{ dbt.date_trunc('quarter', 'month_on') }} as date)
    having count(distinct month_on) = 3
),

parties as (
    select
        party_id,
        segment,
        cohort_on,
        case when max(case when method = 'cohort_margin' then 1 else 0 end) = 1 then 0 else max(margin_to_date_rpt) end
        + sum(expected_margin_rpt) as value_rpt,
        sum(cast(expected_margin_rpt - low_margin_rpt as double) * cast(expected_margin_rpt - low_margin_rpt as double)) as low_square,
        sum(cast(high_margin_rpt - expected_margin_rpt as double) * cast(high_margin_rpt - expected_margin_rpt as double)) as high_square,
        min(case when low_margin_rpt is not null and high_margin_rpt is not null then 1 else 0 end) as has_interval
    from customer_value
    where is_chosen and expected_margin_rpt is not null
    group by party_id, segment, cohort_on
),

cohorts as (
    select
        parties.cohort_on,
        parties.segment,
        count(*) as customers_count,
        sum(parties.has_interval) as interval_customers_count,
        sum(parties.value_rpt) as value_rpt,
        sqrt(sum(coalesce(parties.low_square, 0))) as low_distance,
        sqrt(sum(coalesce(parties.high_square, 0))) as high_distance
    from parties
    inner join covered
        on parties.cohort_on = covered.cohort_on
    group by parties.cohort_on, parties.segment
),

final as (
    select
        cohorts.cohort_on,
        cohorts.segment,
        cast(cohorts.customers_count as integer) as customers_count,
        cast(cohorts.interval_customers_count as integer) as interval_customers_count,
        {{ money('coalesce(costs.cost_rpt, 0)') }} as cost_rpt,
        {{ money('cohorts.value_rpt') }} as value_rpt,
        case when cohorts.interval_customers_count > 0 then {{ money('cast(cohorts.value_rpt as double) - cohorts.low_distance') }} end
            as low_value_rpt,
        case when cohorts.interval_customers_count > 0 then {{ money('cast(cohorts.value_rpt as double) + cohorts.high_distance') }} end
            as high_value_rpt,
        {{ part_of('costs.cost_rpt', '1', 'cohorts.customers_count') }} as customer_acquisition_cost_rpt,
        cast({{ ratio('cohorts.value_rpt', 'costs.cost_rpt') }} as decimal(18, 6)) as ltv_to_cac_ratio,
        case
            when cohorts.interval_customers_count > 0
                then cast({{ ratio('(cast(cohorts.value_rpt as double) - cohorts.low_distance)', 'costs.cost_rpt') }} as decimal(18, 6))
        end as low_ltv_to_cac_ratio,
        case
            when cohorts.interval_customers_count > 0
                then cast({{ ratio('(cast(cohorts.value_rpt as double) + cohorts.high_distance)', 'costs.cost_rpt') }} as decimal(18, 6))
        end as high_ltv_to_cac_ratio
    from cohorts
    left join costs
        on cohorts.cohort_on = costs.cohort_on and cohorts.segment = costs.segment
)

select * from final

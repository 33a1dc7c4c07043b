-- One row per cohort (segment and quarter of the first invoice) and month of age up to the horizon: the margin one customer brings.
-- Seen months carry the cohort's own mean. Months that not every member has lived through yet carry the mean of the segment's
-- older cohorts, times how this cohort did against them so far (1 with less than six months seen: too few to tell).
{{ config(materialized='table') }}

with customer_months as (select * from {{ ref('fct_customer_months') }}),

run_context as (select * from {{ ref('int_run_context') }}),

party_months as (
    select
        party_id,
        segment,
        first_month_on,
        cast({{ dbt.date_trunc('quarter', 'first_month_on') }} as date) as cohort_on,
        month_on,
        age_months,
        sum(margin_rpt) as margin_rpt
    from customer_months
    where age_months between 0 and 23
    group by party_id, segment, first_month_on, month_on, age_months
),

members as (
    select
        segment,
        cohort_on,
        party_id,
        min(first_month_on) as first_month_on
    from party_months
    group by segment, cohort_on, party_id
),

cohorts as (
    select
        members.segment,
        members.cohort_on,
        count(*) as customers_count,
        -- The last month that has ended, seen from the cohort's youngest member; below zero for one that came this month.
        max(case
            when cast({{ dbt.last_day('run_context.as_of', 'month') }} as date) = run_context.as_of then 0 else -1
        end) + min({{ dbt.datediff('members.first_month_on', 'run_context.as_of', 'month') }}) as last_seen_age
    from members
    cross join run_context
    group by members.segment, members.cohort_on
),

seen_months as (
    select
        cohorts.segment,
        cohorts.cohort_on,
        party_months.age_months,
        cohorts.customers_count,
        sum(party_months.margin_rpt) as margin_rpt
    from party_months
    inner join cohorts
        on party_months.segment = cohorts.segment and party_months.cohort_on = cohorts.cohort_on
    where party_months.age_months <= cohorts.last_seen_age
    group by cohorts.segment, cohorts.cohort_on, party_months.age_months, cohorts.customers_count
),

segment_curves as (
    select
        segment,
        age_months,
        {{ ratio('sum(margin_rpt)', 'sum(customers_count)') }} as segment_margin
    from seen_months
    group by segment, age_months
),

levels as (
    select
        seen_months.segment,
        seen_months.cohort_on,
        count(*) as seen_months_count,
        case
            when count(*) >= 6 and sum(segment_curves.segment_margin) > 0
                then {{ ratio('sum(seen_months.margin_rpt)', 'sum(seen_months.customers_count * segment_curves.segment_margin)') }}
            else 1
        end as level_ratio
    from seen_months
    inner join segment_curves
        on seen_months.segment = segment_curves.segment and seen_months.age_months = segment_curves.age_months
    group by seen_months.segment, seen_months.cohort_on
),

final as (
    select
        cohorts.segment,
        cohorts.cohort_on,
        cast(cohorts.customers_count as integer) as customers_count,
        segment_curves.age_months,
        seen_months.age_months is not null as is_seen,
        cast(coalesce(levels.seen_months_count, 0) as integer) as seen_months_count,
        coalesce(levels.level_ratio, 1) as level_ratio,
        coalesce(
            {{ ratio('seen_months.margin_rpt', 'seen_months.customers_count') }},
            coalesce(levels.level_ratio, 1) * segment_curves.segment_margin
        ) as margin_per_customer
    from cohorts
    inner join segment_curves
        on cohorts.segment = segment_curves.segment
    left join levels
        on cohorts.segment = levels.segment and cohorts.cohort_on = levels.cohort_on
    left join seen_months
        on
            cohorts.segment = seen_months.segment
            and cohorts.cohort_on = seen_months.cohort_on
            and segment_curves.age_months = seen_months.age_months
)

select * from final

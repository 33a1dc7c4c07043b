-- One row per cohort (segment and quarter of the first invoice) and quarter of age that all its members have lived through: how many
-- still buy, and what they bring. Age 0 is a party's first three months, whichever month of the quarter it came in.
with customer_months as (select * from {{ ref('fct_customer_months') }}),

run_context as (select * from {{ ref('int_run_context') }}),

party_quarters as (
    select
        party_id,
        segment,
        first_month_on,
        cast({{ dbt.date_trunc('quarter', 'first_month_on') }} as date) as cohort_on,
        cast(floor(age_months / 3) as integer) as age_quarters,
        sum(orders_count) as orders_count,
        sum(net_rpt) as net_rpt,
        sum(margin_rpt) as margin_rpt
    from customer_months
    where age_months >= 0
    group by party_id, segment, first_month_on, cast(floor(age_months / 3) as integer)
),

cohorts as (
    select
        segment,
        cohort_on,
        count(distinct party_id) as customers_count,
        max(first_month_on) as youngest_month_on
    from party_quarters
    group by segment, cohort_on
),

final as (
    select
        party_quarters.segment,
        party_quarters.cohort_on,
        party_quarters.age_quarters,
        cast(cohorts.customers_count as integer) as customers_count,
        cast(count(case when party_quarters.orders_count > 0 then 1 end) as integer) as active_customers_count,
        cast(sum(party_quarters.orders_count) as integer) as orders_count,
        {{ money('sum(party_quarters.net_rpt)') }} as net_rpt,
        {{ money('sum(party_quarters.margin_rpt)') }} as margin_rpt
    from party_quarters
    inner join cohorts
        on party_quarters.segment = cohorts.segment and party_quarters.cohort_on = cohorts.cohort_on
    cross join run_context
    where
        cast({{ dbt.dateadd('month', '3 * (party_quarters.age_quarters + 1)', 'cohorts.youngest_month_on') }} as date)
        <= cast({{ dbt.dateadd('day', 1, 'run_context.as_of') }} as date)
    group by party_quarters.segment, party_quarters.cohort_on, party_quarters.age_quarters, cohorts.customers_count
)

select * from final

-- A returned row is a segment whose cohorts of age 0, where all have lived through it, do not hold the parties that came in them.
with cohorts as (
    select
        segment,
        cohort_on,
        customers_count,
        active_customers_count
    from {{ ref('fct_cohorts_quarterly') }}
    where age_quarters = 0
),

firsts as (
    select
        segment,
        cast({{ dbt.date_trunc('quarter', 'month_on') }} as date) as cohort_on,
        count(distinct party_id) as customers_count
    from {{ ref('fct_customer_months') }}
    where is_new
    group by segment, cast({{ dbt.date_trunc('quarter', 'month_on') }} as date)
)

select
    cohorts.segment,
    cohorts.cohort_on,
    cohorts.customers_count,
    firsts.customers_count as firsts_count
from cohorts
left join firsts
    on cohorts.segment = firsts.segment and cohorts.cohort_on = firsts.cohort_on
where cohorts.customers_count <> coalesce(firsts.customers_count, 0) or cohorts.active_customers_count <> cohorts.customers_count

-- One row per ended month, segment and region: the revenue of the year up to the month from those who were customers in the year
-- before it. opening + expansion + contraction + churned = closing. Months with less than two years of revenue before them are left out.
with customer_months as (select * from {{ ref('fct_customer_months') }}),

run_context as (select * from {{ ref('int_run_context') }}),

party_months as (
    select
        party_id,
        segment,
        region,
        month_on,
        sum(net_rpt) as net_rpt
    from customer_months
    group by party_id, segment, region, month_on
),

first_months as (select min(month_on) as first_month_on from party_months),

-- Months have no gaps, so rows are months. A party's year is rounded to cents before it is compared.
years as (
    select
        party_id,
        segment,
        region,
        month_on,
        {{ money('sum(net_rpt) over (partition by party_id order by month_on rows between 23 preceding and 12 preceding)') }}
            as opening_rpt,
        {{ money('sum(net_rpt) over (partition by party_id order by month_on rows between 11 preceding and current row)') }}
            as closing_rpt
    from party_months
),

customers as (
    select
        years.month_on,
        years.segment,
        years.region,
        years.opening_rpt,
        years.closing_rpt
    from years
    cross join first_months
    cross join run_context
    where
        years.opening_rpt > 0
        and years.month_on >= cast({{ dbt.dateadd('month', 23, 'first_months.first_month_on') }} as date)
        and cast({{ dbt.last_day('years.month_on', 'month') }} as date) <= run_context.as_of
),

final as (
    select
        month_on,
        segment,
        coalesce(region, 'unknown') as region,
        {{ money('sum(opening_rpt)') }} as opening_rpt,
        {{ money('sum(case when closing_rpt > opening_rpt then closing_rpt - opening_rpt else 0 end)') }} as expansion_rpt,
        {{ money('sum(case when closing_rpt > 0 and closing_rpt < opening_rpt then closing_rpt - opening_rpt else 0 end)') }}
            as contraction_rpt,
        {{ money('sum(case when closing_rpt <= 0 then closing_rpt - opening_rpt else 0 end)') }} as churned_rpt,
        {{ money('sum(closing_rpt)') }} as closing_rpt,
        cast(count(*) as integer) as customers_opening_count,
        cast(sum(case when closing_rpt <= 0 then 1 else 0 end) as integer) as customers_lost_count
    from customers
    group by month_on, segment, coalesce(region, 'unknown')
)

select * from final

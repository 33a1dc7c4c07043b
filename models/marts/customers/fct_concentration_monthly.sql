-- One row per ended month: how much of the revenue of the year up to it hangs on few parties. Parties whose year is zero or below
-- (credits only) are left out on both sides. Months with less than a year of revenue before their end are left out.
with customer_months as (select * from {{ ref('fct_customer_months') }}),

run_context as (select * from {{ ref('int_run_context') }}),

party_months as (
    select
        party_id,
        month_on,
        sum(net_rpt) as net_rpt
    from customer_months
    group by party_id, month_on
),

first_months as (select min(month_on) as first_month_on from party_months),

-- Months have no gaps, so rows are months.
years as (
    select
        party_id,
        month_on,
        {{ money('sum(net_rpt) over (partition by party_id order by month_on rows between 11 preceding and current row)') }} as net_rpt
    from party_months
),

ranked as (
    select
        years.month_on,
        years.net_rpt,
        row_number() over (partition by years.month_on order by years.net_rpt desc) as place
    from years
    cross join first_months
    cross join run_context
    where
        years.net_rpt > 0
        and years.month_on >= cast({{ dbt.dateadd('month', 11, 'first_months.first_month_on') }} as date)
        and cast({{ dbt.last_day('years.month_on', 'month') }} as date) <= run_context.as_of
),

sums as (
    select
        month_on,
        count(*) as customers_count,
        sum(net_rpt) as net_rpt,
        sum(case when place <= 1 then net_rpt else 0 end) as top_1_rpt,
        sum(case when place <= 5 then net_rpt else 0 end) as top_5_rpt,
        sum(case when place <= 10 then net_rpt else 0 end) as top_10_rpt,
        sum(cast(net_rpt as double) * cast(net_rpt as double)) as squares
    from ranked
    group by month_on
),

final as (
    select
        month_on,
        cast(customers_count as integer) as customers_count,
        {{ money('net_rpt') }} as net_rpt,
        {{ money('top_1_rpt') }} as top_1_rpt,
        {{ money('top_5_rpt') }} as top_5_rpt,
        {{ money('top_10_rpt') }} as top_10_rpt,
        cast({{ ratio('top_1_rpt', 'net_rpt') }} as decimal(9, 6)) as top_1_ratio,
        cast({{ ratio('top_5_rpt', 'net_rpt') }} as decimal(9, 6)) as top_5_ratio,
        cast({{ ratio('top_10_rpt', 'net_rpt') }} as decimal(9, 6)) as top_10_ratio,
        cast(squares / nullif(cast(net_rpt as double) * cast(net_rpt as double), 0) as decimal(9, 6)) as herfindahl_hirschman_ratio
    from sums
)

select * from final

-- A returned row is a month whose closing amount is not the open pipeline of its last day, or whose opening amount is not
-- the closing amount of the month before.
with run_context as (select * from {{ ref('int_run_context') }}),

pipeline_days as (
    select
        {{ month_of('date_on') }} as month_on,
        date_on,
        sum(coalesce(amount_rpt, 0)) as open_rpt
    from {{ ref('fct_pipeline_daily') }}
    group by {{ month_of('date_on') }}, date_on
),

last_days as (
    select
        month_on,
        open_rpt,
        date_on,
        row_number() over (partition by month_on order by date_on desc) as place
    from pipeline_days
),

month_ends as (
    select
        last_days.month_on,
        last_days.open_rpt
    from last_days
    cross join run_context
    where
        last_days.place = 1
        and (last_days.date_on = cast({{ dbt.last_day('last_days.date_on', 'month') }} as date) or last_days.date_on = run_context.as_of)
),

waterfall as (
    select
        month_on,
        sum(opening_rpt) as opening_rpt,
        sum(closing_rpt) as closing_rpt
    from {{ ref('fct_pipeline_waterfall') }}
    group by month_on
),

chained as (
    select
        coalesce(waterfall.month_on, month_ends.month_on) as month_on,
        coalesce(waterfall.opening_rpt, 0) as opening_rpt,
        coalesce(waterfall.closing_rpt, 0) as closing_rpt,
        coalesce(month_ends.open_rpt, 0) as open_rpt,
        lag(waterfall.closing_rpt) over (order by coalesce(waterfall.month_on, month_ends.month_on)) as before_rpt,
        lag(waterfall.month_on) over (order by coalesce(waterfall.month_on, month_ends.month_on)) as before_on
    from waterfall
    full outer join month_ends
        on waterfall.month_on = month_ends.month_on
)

select * from chained
where
    closing_rpt <> open_rpt
    or (before_on = cast({{ dbt.dateadd('month', -1, 'month_on') }} as date) and opening_rpt <> before_rpt)

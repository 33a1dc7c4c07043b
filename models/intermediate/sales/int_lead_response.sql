-- One row per lead with the minutes of business hours from its creation to its first touch, or to the end of the as-of day where
-- nobody has touched it. Hours are those of the lead owner's region in seeds/reference/business_hours.csv, else of region `all`,
-- in local time, so that a change to daylight saving moves them. At most a year is counted.
{{ config(materialized='table') }}

with leads as (select * from {{ ref('int_leads') }}),

owners as (select * from {{ ref('int_owners') }}),

business_hours as (select * from {{ ref('business_hours') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

regions as (select distinct region from business_hours),

spans as (
    select
        leads.lead_id,
        coalesce(regions.region, 'all') as region,
        leads.created_at,
        case
            when cast(leads.first_touch_at as date) <= run_context.as_of then leads.first_touch_at
            else cast({{ dbt.dateadd('day', 1, 'run_context.as_of') }} as timestamp)
        end as until_at
    from leads
    cross join run_context
    left join owners
        on leads.owner_id = owners.owner_id
    left join regions
        on owners.region = regions.region
    where cast(leads.created_at as date) <= run_context.as_of
),

months as (select distinct month_on from dates),

-- Month by month first: a range over all days would meet every working day of the calendar for every lead.
span_months as (
    select
        spans.lead_id,
        spans.region,
        spans.created_at,
        spans.until_at,
        months.month_on
    from spans
    inner join months
        on
            months.month_on >= cast({{ dbt.dateadd('month', -1, month_of('spans.created_at')) }} as date)
            and months.month_on <= cast({{ dbt.dateadd('day', 1, 'spans.until_at') }} as date)
            and months.month_on <= cast({{ dbt.dateadd('day', 366, 'spans.created_at') }} as date)
),

working_days as (
    select
        dates.date_on,
        dates.month_on,
        business_hours.region,
        {{ utc_moment('dates.date_on', 'business_hours.opens_at', 'business_hours.time_zone') }} as opens_at,
        {{ utc_moment('dates.date_on', 'business_hours.closes_at', 'business_hours.time_zone') }} as closes_at
    from dates
    inner join business_hours
        -- 5 January 1970 was a Monday.
        on business_hours.weekday_no = 1 + mod({{ dbt.datediff("cast('1970-01-05' as date)", 'dates.date_on', 'day') }}, 7)
    where dates.date_on >= cast('1970-01-05' as date)
),

hours_in_span as (
    select
        span_months.lead_id,
        sum({{ dbt.datediff(
            'greatest(span_months.created_at, working_days.opens_at)', 'least(span_months.until_at, working_days.closes_at)', 'second'
        ) }}) as seconds
    from span_months
    inner join working_days
        on
            span_months.region = working_days.region
            and span_months.month_on = working_days.month_on
            and span_months.created_at < working_days.closes_at
            and span_months.until_at > working_days.opens_at
            and working_days.date_on <= cast({{ dbt.dateadd('day', 366, 'span_months.created_at') }} as date)
    group by span_months.lead_id
),

final as (
    select
        spans.lead_id,
        cast(floor(coalesce(hours_in_span.seconds, 0) / 60) as integer) as business_minutes
    from spans
    left join hours_in_span
        on spans.lead_id = hours_in_span.lead_id
)

select * from final

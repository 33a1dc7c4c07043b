-- One row per metric, dimension, closed month and stretch of time in which readers were told one value of it. What was told
-- from one version to the next without a change is one row; the one that readers see now has no end. The run adds its own
-- values after the checks have passed.
with metric_history as (select * from {{ source('raw', 'metric_history') }}),

told_versions as (select * from {{ source('raw', 'told_version') }}),

last_told as (
    select max(told_no) as told_no from told_versions
),

told as (
    select
        metric_history.metric,
        metric_history.dimension,
        metric_history.dimension_value,
        metric_history.period_on,
        metric_history.value,
        told_versions.told_no,
        told_versions.told_from_at,
        lag(told_versions.told_no) over by_key as previous_no,
        lag(metric_history.value) over by_key as previous_value
    from metric_history
    inner join told_versions on metric_history.version = told_versions.version
    window by_key as (
        partition by metric_history.metric, metric_history.dimension, metric_history.dimension_value, metric_history.period_on
        order by told_versions.told_no
    )
),

stretches as (
    select
        *,
        sum(case when previous_no = told_no - 1 and previous_value = value then 0 else 1 end) over (
            partition by metric, dimension, dimension_value, period_on
            order by told_no
            rows between unbounded preceding and current row
        ) as stretch_no
    from told
),

grouped as (
    select
        metric,
        dimension,
        dimension_value,
        period_on,
        value,
        min(told_from_at) as told_from_at,
        min(told_no) as first_no,
        max(told_no) as last_no
    from stretches
    group by metric, dimension, dimension_value, period_on, value, stretch_no
)

select
    grouped.metric,
    grouped.dimension,
    grouped.dimension_value,
    grouped.period_on,
    grouped.value,
    grouped.told_from_at,
    next_told.told_from_at as told_until_at,
    first_told.version
from grouped
cross join last_told
inner join told_versions as first_told on grouped.first_no = first_told.told_no
left join told_versions as next_told
    on
        grouped.last_no + 1 = next_told.told_no
        and grouped.last_no < last_told.told_no

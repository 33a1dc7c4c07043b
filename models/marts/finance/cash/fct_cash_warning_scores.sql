-- One row per method, entity, kind of warning and weeks ahead: how often earlier outlooks warned that the balance would fall below the
-- minimum within so many weeks, how often it did, and how often both. Warnings are those that were published
-- (fct_cash_projection_kept): `expected`, the balance was told to be below; `one_in_ten`, one path in ten was (methods with a band).
-- An outlook is judged when all its weeks have passed; of the outlooks of one day the last counts. Counts add up over entities.
with kept as (select * from {{ ref('fct_cash_projection_kept') }} where is_last_of_day),

methods as (select * from {{ ref('int_cash_methods') }}),

horizons as (
    select lengths.weeks_count
    from (values (1), (4), (13)) as lengths (weeks_count)
),

outlooks as (
    select
        kept.method,
        kept.entity_id,
        kept.projected_on,
        horizons.weeks_count,
        max(case when kept.is_warned then 1 else 0 end) as is_expected,
        max(case when kept.is_at_risk then 1 when not kept.is_at_risk then 0 end) as is_one_in_ten,
        max(case when kept.is_breached then 1 else 0 end) as is_below
    from kept
    inner join horizons
        on kept.week_no < horizons.weeks_count
    group by kept.method, kept.entity_id, kept.projected_on, horizons.weeks_count
    having count(kept.is_breached) = horizons.weeks_count
),

warnings as (
    select
        method,
        entity_id,
        weeks_count,
        'expected' as warning,
        is_expected as is_warned,
        is_below
    from outlooks
    union all
    select
        method,
        entity_id,
        weeks_count,
        'one_in_ten' as warning,
        is_one_in_ten as is_warned,
        is_below
    from outlooks
    where is_one_in_ten is not null
),

counted as (
    select
        method,
        entity_id,
        warning,
        weeks_count,
        count(*) as outlooks_count,
        sum(is_below) as below_count,
        sum(is_warned) as warned_count,
        sum(is_warned * is_below) as hit_count
    from warnings
    group by method, entity_id, warning, weeks_count
)

select
    counted.method,
    methods.is_chosen,
    counted.entity_id,
    counted.warning,
    cast(counted.weeks_count as integer) as weeks_count,
    cast(counted.outlooks_count as integer) as outlooks_count,
    cast(counted.below_count as integer) as below_count,
    cast(counted.warned_count as integer) as warned_count,
    cast(counted.hit_count as integer) as hit_count,
    {{ ratio('counted.hit_count', 'counted.below_count') }} as hit_ratio,
    {{ ratio('counted.warned_count - counted.hit_count', 'counted.warned_count') }} as false_alarm_ratio
from counted
inner join methods
    on counted.method = methods.method

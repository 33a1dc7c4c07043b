-- One row per metric, dimension, member and period with a target. Quotas are targets of bookings, by owner and in total,
-- where nobody set that target by hand. A quota in a currency without a rate on its first day is left out.
with targets as (select * from {{ ref('int_targets') }}),

quotas as (select * from {{ ref('int_quotas') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

quotas_reported as (
    select
        quotas.owner_id,
        {{ month_of('quotas.period_on') }} as period_on,
        quotas.source_system,
        quotas.source_id,
        case
            when quotas.currency = run_context.reporting_currency then quotas.amount_doc
            else {{ converted('quotas.amount_doc', 'reporting_rates.rate') }}
        end as value
    from quotas
    cross join run_context
    left join reporting_rates
        on
            quotas.currency = reporting_rates.currency
            and least(quotas.period_on, run_context.as_of) = reporting_rates.rate_on
),

set_by_hand as (
    select
        metric,
        dimension,
        dimension_value,
        period_on,
        value,
        source_system,
        source_id
    from targets
),

quota_targets as (
    select
        'bookings' as metric,
        'owner_id' as dimension,
        owner_id as dimension_value,
        period_on,
        cast(sum(value) as decimal(18, 6)) as value,
        min(source_system) as source_system,
        min(source_id) as source_id
    from quotas_reported
    where value is not null
    group by owner_id, period_on
    union all
    select
        'bookings' as metric,
        'all' as dimension,
        'all' as dimension_value,
        period_on,
        cast(sum(value) as decimal(18, 6)) as value,
        min(source_system) as source_system,
        'quotas' as source_id
    from quotas_reported
    where value is not null
    group by period_on
),

not_set_by_hand as (
    select quota_targets.*
    from quota_targets
    left join set_by_hand
        on
            quota_targets.metric = set_by_hand.metric
            and quota_targets.dimension = set_by_hand.dimension
            and quota_targets.dimension_value = set_by_hand.dimension_value
            and quota_targets.period_on = set_by_hand.period_on
    where set_by_hand.metric is null
)

select * from set_by_hand
union all
select * from not_set_by_hand

-- One row per legal entity and month. NetSuite closes a month for all subsidiaries at once. Leaves out quarters, years and
-- periods for adjustments.
with periods as (select * from {{ source('raw', 'netsuite_accountingperiod') }}),

subsidiaries as (select * from {{ source('raw', 'netsuite_subsidiary') }}),

entities as (
    select distinct
        source_system,
        entity_id
    from subsidiaries
    where not coalesce(is_elimination, false)
    union
    select
        periods.source_system,
        max(legal_entities.entity_id) as entity_id
    from periods
    cross join {{ source('raw', 'legal_entity') }} as legal_entities
    where periods.source_system not in (select subsidiaries.source_system from subsidiaries)
    group by periods.source_system
    having count(distinct legal_entities.entity_id) = 1
)

select
    entities.entity_id,
    periods.period_on,
    periods.period_end_on,
    case when periods.is_closed then 'locked' else 'open' end as status,
    periods.closed_at as locked_at,
    cast(null as varchar) as locked_by,
    periods.source_system,
    entities.entity_id || '|' || cast(periods.period_on as varchar) as source_id,
    periods.batch_id,
    periods.batch_row,
    periods.loaded_at
from periods
inner join entities on periods.source_system = entities.source_system
where
    not coalesce(periods.is_quarter, false)
    and not coalesce(periods.is_year, false)
    and not coalesce(periods.is_adjustment, false)

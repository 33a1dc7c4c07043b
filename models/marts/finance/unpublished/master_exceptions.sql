-- One row per place where master data contradicts itself: a hierarchy that comes back to where it began, a fiscal calendar
-- with a gap or an overlap. The amount is what was posted there.
with recursive journal_lines as (
    select journal_lines.*
    from {{ ref('int_journal_lines') }} as journal_lines
    cross join {{ ref('int_run_context') }} as run_context
    where journal_lines.posted_on <= run_context.as_of
),

links as (
    select 'department' as hierarchy, source_system, department_code as code, parent_code
    from {{ ref('int_departments') }}
    where parent_code is not null
    union
    select 'cost_centre' as hierarchy, source_system, cost_centre_code as code, parent_code
    from {{ ref('int_cost_centres') }}
    where parent_code is not null
    union
    select 'customer' as hierarchy, source_system, customer_id as code, parent_id as parent_code
    from {{ ref('int_customers') }}
    where parent_id is not null
),

-- Upwards from every member, until the top, the start or thirty levels: no real hierarchy is that deep.
climbs as (
    select
        hierarchy, source_system, code, parent_code,
        case when parent_code = code then 1 else 0 end as is_back, 1 as level
    from links
    union all
    select
        climbs.hierarchy, climbs.source_system, climbs.code, links.parent_code,
        case when links.parent_code = climbs.code then 1 else 0 end as is_back, climbs.level + 1 as level
    from climbs
    inner join links
        on
            climbs.hierarchy = links.hierarchy
            and climbs.source_system = links.source_system
            and climbs.parent_code = links.code
    where climbs.is_back = 0 and climbs.level < 30
),

circles as (
    select
        hierarchy,
        source_system,
        code,
        min(level) as levels_count
    from climbs
    where is_back = 1
    group by hierarchy, source_system, code
),

posted_in_circles as (
    select
        circles.hierarchy,
        circles.source_system,
        circles.code,
        journal_lines.entity_id,
        sum(journal_lines.debit_local - journal_lines.credit_local) as amount_local
    from circles
    inner join journal_lines
        on
            circles.source_system = journal_lines.source_system
            and circles.code = case circles.hierarchy
                when 'department' then journal_lines.department_code
                when 'cost_centre' then journal_lines.cost_centre_code
                else journal_lines.customer_id
            end
    group by circles.hierarchy, circles.source_system, circles.code, journal_lines.entity_id
),

circular as (
    select
        'circular_hierarchy' as kind,
        circles.source_system,
        posted_in_circles.entity_id,
        cast(null as date) as period_on,
        circles.hierarchy as document_type,
        circles.code as document_id,
        '' as detail,
        coalesce(posted_in_circles.amount_local, 0) as amount_local,
        circles.hierarchy || ' ' || circles.code || ' is above itself after ' || cast(circles.levels_count as varchar)
        || ' levels' as message
    from circles
    left join posted_in_circles
        on
            circles.hierarchy = posted_in_circles.hierarchy
            and circles.source_system = posted_in_circles.source_system
            and circles.code = posted_in_circles.code
),

periods as (
    select
        source_system,
        entity_id,
        period_on,
        period_end_on,
        lead(period_on) over (partition by source_system, entity_id order by period_on, period_end_on) as next_on
    from {{ ref('int_fiscal_periods') }}
),

-- First and last day that no period covers, or that two do.
breaks as (
    select
        case when next_on > period_end_on then 'fiscal_calendar_gap' else 'fiscal_calendar_overlap' end as kind,
        source_system,
        entity_id,
        period_on,
        case
            when next_on > period_end_on then cast({{ dbt.dateadd('day', 1, 'period_end_on') }} as date)
            else next_on
        end as first_on,
        case
            when next_on > period_end_on then cast({{ dbt.dateadd('day', -1, 'next_on') }} as date)
            else period_end_on
        end as last_on
    from periods
    where next_on <> cast({{ dbt.dateadd('day', 1, 'period_end_on') }} as date)
),

calendar_breaks as (
    select
        breaks.kind,
        breaks.source_system,
        breaks.entity_id,
        breaks.period_on,
        'fiscal_period' as document_type,
        cast(breaks.period_on as varchar) as document_id,
        cast(breaks.first_on as varchar) as detail,
        sum(coalesce(journal_lines.debit_local, 0)) as amount_local,
        case breaks.kind
            when 'fiscal_calendar_gap' then 'no period covers ' else 'two periods cover '
        end || cast(breaks.first_on as varchar) || ' to ' || cast(breaks.last_on as varchar) as message
    from breaks
    left join journal_lines
        on
            breaks.source_system = journal_lines.source_system
            and breaks.entity_id = journal_lines.entity_id
            and journal_lines.posted_on between breaks.first_on and breaks.last_on
    group by
        breaks.kind, breaks.source_system, breaks.entity_id, breaks.period_on, breaks.first_on, breaks.last_on
)

select * from circular
union all
select * from calendar_breaks

-- One row per place where master data contradicts itself: a hierarchy that comes back to where it began, a fiscal calendar
-- with a gap or an overlap, a cost centre or department without a version for a day on which it was posted to, or with two.
-- The amount is what was posted there.
with recursive journal_lines as (
    select journal_lines.*
    from {{ ref('int_journal_lines') }} as journal_lines
    cross join {{ ref('int_run_context') }} as run_context
    where journal_lines.posted_on <= run_context.as_of
),

versions as (
    select 'department' as hierarchy, source_system, department_code as code, parent_code, valid_from_on, valid_to_on
    from {{ ref('int_departments') }}
    union
    select 'cost_centre' as hierarchy, source_system, cost_centre_code as code, parent_code, valid_from_on, valid_to_on
    from {{ ref('int_cost_centres') }}
    union
    select 'account' as hierarchy, source_system, node_code as code, parent_code, valid_from_on, valid_to_on
    from {{ ref('int_account_groups') }}
    union
    select
        'customer' as hierarchy, source_system, customer_id as code, parent_id as parent_code,
        cast(null as date) as valid_from_on, cast(null as date) as valid_to_on
    from {{ ref('int_customers') }}
    where parent_id is not null
),

-- From which day until which: without an end of its own, a version ends the day before the next one of its code.
dated_versions as (
    select
        hierarchy,
        source_system,
        code,
        parent_code,
        valid_from_on,
        coalesce(valid_from_on, cast('0001-01-01' as date)) as from_on,
        coalesce(valid_to_on, cast({{ dbt.dateadd('day', -1, 'lead(valid_from_on) over by_code') }} as date), cast('9999-12-31' as date))
            as until_on,
        lead(coalesce(valid_from_on, cast('0001-01-01' as date))) over by_code as next_on
    from versions
    window by_code as (
        partition by hierarchy, source_system, code
        order by coalesce(valid_from_on, cast('0001-01-01' as date)), coalesce(valid_to_on, cast('9999-12-31' as date)), parent_code
    )
),

links as (
    select hierarchy, source_system, code, parent_code, from_on, until_on
    from dated_versions
    where parent_code is not null
),

-- Upwards from every member, until the top, the start or thirty levels: no real hierarchy is that deep. Only through versions
-- that held at the same time: two departments that changed places are no circle.
climbs as (
    select
        hierarchy, source_system, code, parent_code,
        case when parent_code = code then 1 else 0 end as is_back, 1 as level, from_on, until_on
    from links
    union all
    select
        climbs.hierarchy, climbs.source_system, climbs.code, links.parent_code,
        case when links.parent_code = climbs.code then 1 else 0 end as is_back, climbs.level + 1 as level,
        greatest(climbs.from_on, links.from_on) as from_on, least(climbs.until_on, links.until_on) as until_on
    from climbs
    inner join links
        on
            climbs.hierarchy = links.hierarchy
            and climbs.source_system = links.source_system
            and climbs.parent_code = links.code
    where
        climbs.is_back = 0
        and climbs.level < 30
        and climbs.from_on <= links.until_on
        and climbs.until_on >= links.from_on
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
                when 'account' then journal_lines.account_code
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
        cast(null as varchar) as document_key,
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

posted_codes as (
    select
        'department' as hierarchy, source_system, entity_id, department_code as code, posted_on,
        sum(debit_local - credit_local) as amount_local
    from journal_lines
    where department_code is not null
    group by source_system, entity_id, department_code, posted_on
    union all
    select
        'cost_centre' as hierarchy, source_system, entity_id, cost_centre_code as code, posted_on,
        sum(debit_local - credit_local) as amount_local
    from journal_lines
    where cost_centre_code is not null
    group by source_system, entity_id, cost_centre_code, posted_on
    union all
    select
        'account' as hierarchy, source_system, entity_id, account_code as code, posted_on,
        sum(debit_local - credit_local) as amount_local
    from journal_lines
    group by source_system, entity_id, account_code, posted_on
),

known_codes as (
    select distinct hierarchy, source_system, code from dated_versions
),

-- A code that is in no master data at all is named with its journals; here it is, but not on that day.
posted_outside as (
    select
        'hierarchy_gap' as kind,
        posted_codes.source_system,
        posted_codes.entity_id,
        {{ month_of('posted_codes.posted_on') }} as period_on,
        posted_codes.hierarchy as document_type,
        posted_codes.code as document_id,
        cast(null as varchar) as document_key,
        '' as detail,
        sum(posted_codes.amount_local) as amount_local,
        posted_codes.hierarchy || ' ' || posted_codes.code || ' has no version that is valid on '
        || cast(min(posted_codes.posted_on) as varchar) || ', but is posted to' as message
    from posted_codes
    inner join known_codes
        on
            posted_codes.hierarchy = known_codes.hierarchy
            and posted_codes.source_system = known_codes.source_system
            and posted_codes.code = known_codes.code
    left join dated_versions
        on
            posted_codes.hierarchy = dated_versions.hierarchy
            and posted_codes.source_system = dated_versions.source_system
            and posted_codes.code = dated_versions.code
            and posted_codes.posted_on between dated_versions.from_on and dated_versions.until_on
    where dated_versions.code is null
    group by
        posted_codes.source_system, posted_codes.entity_id, {{ month_of('posted_codes.posted_on') }},
        posted_codes.hierarchy, posted_codes.code
),

-- Two versions of one day: the later one holds. Named with what was posted on those days.
valid_twice as (
    select
        'hierarchy_overlap' as kind,
        dated_versions.source_system,
        posted_codes.entity_id,
        cast(null as date) as period_on,
        dated_versions.hierarchy as document_type,
        dated_versions.code as document_id,
        cast(null as varchar) as document_key,
        cast(dated_versions.next_on as varchar) as detail,
        sum(coalesce(posted_codes.amount_local, 0)) as amount_local,
        dated_versions.hierarchy || ' ' || dated_versions.code || ' has two versions from '
        || cast(dated_versions.next_on as varchar) || ' to ' || cast(max(dated_versions.until_on) as varchar)
        || ': the later one holds' as message
    from dated_versions
    left join posted_codes
        on
            dated_versions.hierarchy = posted_codes.hierarchy
            and dated_versions.source_system = posted_codes.source_system
            and dated_versions.code = posted_codes.code
            and posted_codes.posted_on between dated_versions.next_on and dated_versions.until_on
    where dated_versions.next_on <= dated_versions.until_on
    group by
        dated_versions.source_system, posted_codes.entity_id, dated_versions.hierarchy, dated_versions.code,
        dated_versions.next_on
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
        cast(null as varchar) as document_key,
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
union all
select * from posted_outside
union all
select * from valid_twice

-- One row per month, ledger, cost centre, department or account, and node above it (itself at distance 0), as the hierarchy was
-- at the month's end. Above a cost centre is its parent, else its department; above a department its parent; above an account
-- its group. Months that are planned and have not ended are there too: a change of hierarchy that is to come counts in them.
-- A version holds from its first day until its last, or until the next version of its code begins. A circle ends where it
-- would come back.
{{ config(materialized='table') }}

with recursive planned_months as (
    select distinct {{ month_of('period_on') }} as month_on
    from {{ ref('int_budget_lines') }}
),

known_months as (select * from {{ ref('int_month_ends') }}),

month_ends as (
    select
        month_on,
        as_of_on
    from known_months
    union all
    select
        planned_months.month_on,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'planned_months.month_on')) }} as date) as as_of_on
    from planned_months
    where planned_months.month_on > (select max(known_months.month_on) from known_months)
),

versions as (
    select
        source_system,
        'cost_centre' as node_type,
        cost_centre_code as code,
        case when parent_code is not null then 'cost_centre' when department_code is not null then 'department' end as parent_type,
        coalesce(parent_code, department_code) as parent_code,
        valid_from_on,
        valid_to_on
    from {{ ref('int_cost_centres') }}
    union all
    select
        source_system,
        'department' as node_type,
        department_code as code,
        case when parent_code is not null then 'department' end as parent_type,
        parent_code,
        valid_from_on,
        valid_to_on
    from {{ ref('int_departments') }}
    union all
    select
        source_system,
        'account' as node_type,
        node_code as code,
        case when parent_code is not null then 'account' end as parent_type,
        parent_code,
        valid_from_on,
        valid_to_on
    from {{ ref('int_account_groups') }}
),

begun as (
    select
        versions.*,
        month_ends.month_on,
        row_number() over (
            partition by versions.source_system, versions.node_type, versions.code, month_ends.month_on
            order by case when versions.valid_from_on is null then 1 else 0 end, versions.valid_from_on desc
        ) as choice
    from versions
    inner join month_ends
        on
            coalesce(versions.valid_from_on, month_ends.as_of_on) <= month_ends.as_of_on
            and coalesce(versions.valid_to_on, month_ends.as_of_on) >= month_ends.as_of_on
),

nodes as (
    select
        month_on,
        source_system,
        node_type,
        code,
        parent_type,
        parent_code
    from begun
    where choice = 1
),

climbs as (
    select
        nodes.month_on, nodes.source_system, nodes.node_type, nodes.code,
        nodes.node_type as above_type, nodes.code as above_code, nodes.parent_type, nodes.parent_code, 0 as distance,
        '|' || nodes.node_type || ':' || nodes.code || '|' as path
    from nodes
    union all
    select
        climbs.month_on, climbs.source_system, climbs.node_type, climbs.code,
        nodes.node_type as above_type, nodes.code as above_code, nodes.parent_type, nodes.parent_code,
        climbs.distance + 1 as distance,
        climbs.path || nodes.node_type || ':' || nodes.code || '|' as path
    from climbs
    inner join nodes
        on
            climbs.month_on = nodes.month_on
            and climbs.source_system = nodes.source_system
            and climbs.parent_type = nodes.node_type
            and climbs.parent_code = nodes.code
    where
        climbs.distance < 30
        and {{ dbt.position("'|' || nodes.node_type || ':' || nodes.code || '|'", 'climbs.path') }} = 0
)

select
    month_on,
    source_system,
    node_type,
    code,
    above_type,
    above_code,
    distance
from climbs

-- One row per entity, department and week: how busy the team is and how evenly. Employees whose timesheet is missing are counted,
-- and are in no ratio. Load is hours written over hours available; plans per person are in no source.
with utilisation as (select * from {{ ref('fct_utilisation_weekly') }} where entity_id is not null),

ranked as (
    select
        *,
        case when load_ratio is not null then 1 else 0 end as is_reported,
        row_number() over (
            partition by entity_id, department_code, week_on, load_ratio is null
            order by load_ratio, employee_id
        ) as load_rank,
        count(load_ratio) over (partition by entity_id, department_code, week_on) as reported_count
    from utilisation
),

weekly as (
    select
        week_on,
        entity_id,
        department_code,
        count(*) as employees_count,
        sum(case when is_timesheet_missing then 1 else 0 end) as missing_timesheets_count,
        sum(is_reported * available_hours) as available_hours,
        sum(hours) as hours,
        sum(billable_hours) as billable_hours,
        sum(is_reported * hours) as reported_hours,
        sum(is_reported * billable_hours) as reported_billable_hours,
        min(load_ratio) as least_load_ratio,
        max(load_ratio) as greatest_load_ratio,
        sum(case when is_reported = 1 then (2 * load_rank - reported_count - 1) * load_ratio end) as ranked_load,
        sum(load_ratio) as summed_load,
        max(reported_count) as reported_count
    from ranked
    group by week_on, entity_id, department_code
)

select
    week_on,
    entity_id,
    department_code,
    cast(employees_count as integer) as employees_count,
    cast(missing_timesheets_count as integer) as missing_timesheets_count,
    cast(available_hours as decimal(18, 2)) as available_hours,
    cast(hours as decimal(18, 2)) as hours,
    cast(billable_hours as decimal(18, 2)) as billable_hours,
    {{ ratio('reported_billable_hours', 'available_hours') }} as utilisation_ratio,
    {{ ratio('reported_hours', 'available_hours') }} as load_ratio,
    least_load_ratio,
    greatest_load_ratio,
    {{ ratio('ranked_load', 'reported_count * summed_load') }} as load_gini
from weekly

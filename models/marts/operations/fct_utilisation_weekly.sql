-- One row per employee and week (from Monday) in which time is expected or was written, up to the as-of day. Expected: of every
-- employee of a department that writes timesheets, from the department's first entry. Available hours are working days,
-- Monday to Friday, times a day's hours (seeds/reference/working_hours.csv) times the employee's part of full time. Leave
-- and public holidays are in no source. A week without any entry is missing, not idle: it has no utilisation.
with timesheets as (select * from {{ ref('int_timesheets') }}),

employees as (select * from {{ ref('int_employees') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

working_hours as (select * from {{ ref('working_hours') }}),

fiscal_dates as (select * from {{ source('raw', 'fiscal_date') }}),

run_context as (select * from {{ ref('int_run_context') }}),

written as (
    select
        timesheets.employee_id,
        timesheets.worked_on,
        cast({{ dbt.date_trunc('week', 'timesheets.worked_on') }} as date) as week_on,
        sum(timesheets.hours) as hours,
        sum(case when timesheets.is_billable then timesheets.hours else 0 end) as billable_hours
    from timesheets
    cross join run_context
    where timesheets.worked_on <= run_context.as_of
    group by timesheets.employee_id, timesheets.worked_on
),

written_weeks as (
    select
        employee_id,
        week_on,
        sum(hours) as hours,
        sum(billable_hours) as billable_hours,
        sum(case when {{ dbt.datediff('week_on', 'worked_on', 'day') }} < 5 and hours > 0 then 1 else 0 end) as days_with_time_count
    from written
    group by employee_id, week_on
),

writing_departments as (
    select
        employees.entity_id,
        employees.department_code,
        min(written.worked_on) as first_on
    from written
    inner join employees on written.employee_id = employees.employee_id
    where employees.department_code is not null
    group by employees.entity_id, employees.department_code
),

expected as (
    select
        employees.employee_id,
        employees.entity_id,
        employees.department_code,
        coalesce(employees.full_time_equivalent_ratio, 1) as full_time_equivalent_ratio,
        coalesce(own_hours.hours_per_week, default_hours.hours_per_week) as hours_per_week,
        greatest(writing_departments.first_on, coalesce(employees.hired_on, writing_departments.first_on)) as from_on,
        least(run_context.as_of, coalesce(employees.left_on, run_context.as_of)) as until_on
    from employees
    inner join writing_departments
        on
            employees.entity_id = writing_departments.entity_id
            and employees.department_code = writing_departments.department_code
    inner join entities on employees.entity_id = entities.entity_id
    cross join run_context
    inner join working_hours as default_hours on default_hours.country = 'any'
    left join working_hours as own_hours on entities.country = own_hours.country
),

weeks as (
    select distinct cast({{ dbt.date_trunc('week', 'date_on') }} as date) as week_on from fiscal_dates
),

-- Working days of the week on which the employee was there.
expected_weeks as (
    select
        expected.*,
        weeks.week_on,
        {{ dbt.datediff(
            'greatest(expected.from_on, weeks.week_on)',
            'least(expected.until_on, cast(' ~ dbt.dateadd('day', 4, 'weeks.week_on') ~ ' as date))',
            'day'
        ) }} + 1 as working_days_count
    from expected
    inner join weeks
        on
            expected.until_on >= weeks.week_on
            and expected.from_on <= cast({{ dbt.dateadd('day', 4, 'weeks.week_on') }} as date)
),

every_week as (
    select employee_id, week_on from expected_weeks
    union
    select employee_id, week_on from written_weeks
),

reported as (
    select
        every_week.employee_id,
        every_week.week_on,
        coalesce(expected_weeks.entity_id, employees.entity_id) as entity_id,
        coalesce(employees.department_code, 'none') as department_code,
        employees.full_time_equivalent_ratio,
        coalesce(expected_weeks.working_days_count, 0) as working_days_count,
        cast(
            coalesce(
                expected_weeks.working_days_count * expected_weeks.hours_per_week * expected_weeks.full_time_equivalent_ratio / 5, 0
            ) as decimal(18, 2)
        ) as available_hours,
        cast(coalesce(written_weeks.hours, 0) as decimal(18, 2)) as hours,
        cast(coalesce(written_weeks.billable_hours, 0) as decimal(18, 2)) as billable_hours,
        coalesce(written_weeks.days_with_time_count, 0) as days_with_time_count
    from every_week
    left join expected_weeks
        on
            every_week.employee_id = expected_weeks.employee_id
            and every_week.week_on = expected_weeks.week_on
    left join written_weeks
        on
            every_week.employee_id = written_weeks.employee_id
            and every_week.week_on = written_weeks.week_on
    left join employees on every_week.employee_id = employees.employee_id
)

select
    week_on,
    employee_id,
    entity_id,
    department_code,
    full_time_equivalent_ratio,
    cast(working_days_count as integer) as working_days_count,
    available_hours,
    hours,
    billable_hours,
    cast(greatest(working_days_count - days_with_time_count, 0) as integer) as days_without_time_count,
    hours = 0 and working_days_count > 0 as is_timesheet_missing,
    case when hours <> 0 then {{ ratio('billable_hours', 'available_hours') }} end as utilisation_ratio,
    case when hours <> 0 then {{ ratio('hours', 'available_hours') }} end as load_ratio
from reported

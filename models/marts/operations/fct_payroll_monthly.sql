-- One row per entity, month and department with payroll or employees: what people cost, how many they are. Pay and employer's
-- cost are in columns named payroll_, which roles may hide. Headcount and full-time equivalents are those employed on the
-- month's last day (or the as-of day).
with payroll_lines as (select * from {{ ref('int_payroll_lines') }}),

employees as (select * from {{ ref('int_employees') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

first_months as (
    select
        entity_id,
        {{ month_of('min(period_on)') }} as first_on
    from payroll_lines
    group by entity_id
),

every_amount as (
    select
        payroll_lines.entity_id,
        {{ month_of('payroll_lines.period_on') }} as month_on,
        coalesce(employees.department_code, 'none') as department_code,
        payroll_lines.gross_local,
        coalesce(payroll_lines.employer_cost_local, 0) as employer_cost_local,
        0 as headcount,
        0 as full_time_equivalents
    from payroll_lines
    cross join run_context
    left join employees on payroll_lines.employee_id = employees.employee_id
    where payroll_lines.period_on <= run_context.as_of
    union all
    select
        employees.entity_id, month_ends.month_on, coalesce(employees.department_code, 'none') as department_code,
        0 as gross_local, 0 as employer_cost_local, 1 as headcount,
        coalesce(employees.full_time_equivalent_ratio, 1) as full_time_equivalents
    from employees
    inner join first_months on employees.entity_id = first_months.entity_id
    inner join month_ends
        on
            first_months.first_on <= month_ends.month_on
            and coalesce(employees.hired_on, month_ends.as_of_on) <= month_ends.as_of_on
            and (employees.left_on is null or employees.left_on > month_ends.as_of_on)
),

monthly as (
    select
        entity_id,
        month_on,
        department_code,
        {{ money('sum(gross_local)') }} as payroll_gross_local,
        {{ money('sum(employer_cost_local)') }} as payroll_employer_cost_local,
        {{ money('sum(gross_local + employer_cost_local)') }} as payroll_cost_local,
        cast(sum(headcount) as integer) as headcount,
        cast(sum(full_time_equivalents) as decimal(9, 2)) as full_time_equivalents
    from every_amount
    group by entity_id, month_on, department_code
)

select
    monthly.entity_id,
    monthly.month_on,
    monthly.department_code,
    monthly.headcount,
    monthly.full_time_equivalents,
    monthly.payroll_gross_local,
    monthly.payroll_employer_cost_local,
    monthly.payroll_cost_local,
    case
        when entities.is_reporting_currency then monthly.payroll_cost_local
        else {{ converted('monthly.payroll_cost_local', 'month_rates.average_rate') }}
    end as payroll_cost_rpt,
    {{ money(ratio('monthly.payroll_cost_local', 'monthly.full_time_equivalents')) }} as payroll_cost_per_fte_local
from monthly
inner join entities on monthly.entity_id = entities.entity_id
left join month_rates
    on
        entities.currency = month_rates.currency
        and monthly.month_on = month_rates.month_on

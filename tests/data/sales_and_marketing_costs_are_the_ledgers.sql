-- A returned row is a month in which the list of sales and marketing costs does not sum, to the cent, to the ledger's postings, or the
-- window of months behind a month's cost of winning customers does not.
with selling_departments as (
    select distinct departments.department_code
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('department_functions') }} as department_functions
        on department_functions.department in (lower(trim(departments.name)), lower(departments.department_code))
    where department_functions.function in ('sales', 'marketing')
),

ledger as (
    select
        journal_lines.month_on,
        sum(journal_lines.debit_rpt - journal_lines.credit_rpt) as ledger_rpt
    from {{ ref('fct_journal_lines') }} as journal_lines
    left join selling_departments
        on journal_lines.department_code = selling_departments.department_code
    where
        journal_lines.entry_type is distinct from 'closing'
        and (
            journal_lines.account_type = 'marketing_expense'
            or (
                journal_lines.account_type in ('payroll_expense', 'operating_expense')
                and selling_departments.department_code is not null
            )
        )
    group by journal_lines.month_on
),

listed as (
    select
        month_on,
        sum(cost_rpt) as cost_rpt
    from {{ ref('fct_acquisition_costs_monthly') }}
    group by month_on
),

windows as (
    select
        acquisition.month_on,
        acquisition.lag_months,
        sum(acquisition.sales_and_marketing_rpt) as sales_and_marketing_rpt
    from {{ ref('fct_acquisition_monthly') }} as acquisition
    group by acquisition.month_on, acquisition.lag_months
),

compared as (
    select
        coalesce(ledger.month_on, listed.month_on) as month_on,
        coalesce(ledger.ledger_rpt, 0) as ledger_rpt,
        coalesce(listed.cost_rpt, 0) as cost_rpt
    from ledger
    full outer join listed
        on ledger.month_on = listed.month_on
    union all
    select
        windows.month_on,
        {{ money('coalesce(sum(listed.cost_rpt), 0) / windows.lag_months') }} as ledger_rpt,
        windows.sales_and_marketing_rpt as cost_rpt
    from windows
    left join listed
        on {{ dbt.datediff('listed.month_on', 'windows.month_on', 'month') }} between 1 and windows.lag_months
    group by windows.month_on, windows.lag_months, windows.sales_and_marketing_rpt
)

select * from compared
where ledger_rpt <> cost_rpt

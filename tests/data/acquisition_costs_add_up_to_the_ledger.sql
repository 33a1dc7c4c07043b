-- A returned row is a month whose cost of sales and marketing, over all segments, is not the mean of the ledger's months before it.
with ledger_months as (
    select
        journal_lines.month_on,
        sum(journal_lines.debit_rpt - journal_lines.credit_rpt) as cost_rpt
    from {{ ref('fct_journal_lines') }} as journal_lines
    where
        journal_lines.entry_type is distinct from 'closing'
        and (
            journal_lines.account_type = 'marketing_expense'
            or (
                journal_lines.account_type in ('payroll_expense', 'operating_expense')
                and journal_lines.department_code in (
                    select departments.department_code
                    from {{ ref('int_departments') }} as departments
                    inner join {{ ref('department_functions') }} as department_functions
                        on department_functions.department in (lower(trim(departments.name)), lower(departments.department_code))
                    where department_functions.function in ('sales', 'marketing')
                )
            )
        )
    group by journal_lines.month_on
),

acquisition_months as (
    select
        month_on,
        lag_months,
        sum(sales_and_marketing_rpt) as sales_and_marketing_rpt,
        sum(existing_customers_rpt + cost_rpt) as parts_rpt
    from {{ ref('fct_acquisition_monthly') }}
    group by month_on, lag_months
),

compared as (
    select
        acquisition_months.month_on,
        acquisition_months.sales_and_marketing_rpt,
        acquisition_months.parts_rpt,
        {{ money('coalesce(sum(ledger_months.cost_rpt), 0) / acquisition_months.lag_months') }} as ledger_rpt
    from acquisition_months
    left join ledger_months
        on
            {{ dbt.datediff('ledger_months.month_on', 'acquisition_months.month_on', 'month') }} between 1 and acquisition_months.lag_months
    group by
        acquisition_months.month_on, acquisition_months.lag_months, acquisition_months.sales_and_marketing_rpt,
        acquisition_months.parts_rpt
)

select * from compared
where sales_and_marketing_rpt <> ledger_rpt or parts_rpt <> ledger_rpt

-- One row per month, account and department with a cost of sales and marketing in the ledger: what the cost of winning customers is
-- made of. Marketing expense wherever it is posted; pay and other expenses of the departments that
-- seeds/reference/department_functions.csv names. Sums to the ledger to the cent; commission paid through payroll is in pay.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

departments as (select * from {{ ref('int_departments') }}),

department_functions as (select * from {{ ref('department_functions') }}),

selling_departments as (
    select
        departments.department_code,
        min(department_functions.function) as function
    from departments
    inner join department_functions
        on
            lower(trim(departments.name)) = department_functions.department
            or lower(departments.department_code) = department_functions.department
    where department_functions.function in ('sales', 'marketing')
    group by departments.department_code
),

account_names as (
    select
        account_code,
        min(name) as account_name
    from accounts
    group by account_code
),

final as (
    select
        journal_lines.month_on,
        journal_lines.account_code,
        coalesce(journal_lines.department_code, 'none') as department_code,
        min(account_names.account_name) as account_name,
        case
            when journal_lines.account_type = 'marketing_expense' then 'marketing'
            when journal_lines.account_type = 'payroll_expense' then 'pay'
            else 'other'
        end as cost_kind,
        coalesce(min(selling_departments.function), 'marketing') as function,
        {{ money('sum(journal_lines.debit_rpt - journal_lines.credit_rpt)') }} as cost_rpt
    from journal_lines
    left join selling_departments
        on journal_lines.department_code = selling_departments.department_code
    left join account_names
        on journal_lines.account_code = account_names.account_code
    where {{ is_acquisition_cost() }}
    group by
        journal_lines.month_on, journal_lines.account_code, coalesce(journal_lines.department_code, 'none'), journal_lines.account_type
)

select * from final

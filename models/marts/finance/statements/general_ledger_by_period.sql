-- One row per entity, month, fiscal period, account, department, cost centre and kind of entry: what journals moved. Where
-- fiscal periods are not calendar months, a month has a row per fiscal period it lies in, so that sums by either are exact.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

balance_movements as (select * from {{ ref('int_balance_movements') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

dates as (select * from {{ ref('dim_dates') }}),

movements as (
    select
        entity_id,
        posted_on,
        month_on,
        account_id,
        department_code,
        cost_centre_code,
        entry_type,
        debit_local,
        credit_local,
        debit_rpt,
        credit_rpt,
        1 as is_journal_line
    from journal_lines
    union all
    select
        entity_id,
        period_end_on as posted_on,
        period_on as month_on,
        account_id,
        department_code,
        null as cost_centre_code,
        entry_type,
        debit_local,
        credit_local,
        debit_rpt,
        credit_rpt,
        0 as is_journal_line
    from balance_movements
),

summed as (
    select
        movements.entity_id,
        movements.month_on,
        dates.fiscal_period_start_on,
        movements.account_id,
        movements.department_code,
        movements.cost_centre_code,
        movements.entry_type,
        min(dates.fiscal_year) as fiscal_year,
        min(dates.fiscal_quarter) as fiscal_quarter,
        min(dates.fiscal_period) as fiscal_period,
        min(dates.fiscal_period_end_on) as fiscal_period_end_on,
        {{ money('sum(movements.debit_local)') }} as debit_local,
        {{ money('sum(movements.credit_local)') }} as credit_local,
        {{ money('sum(movements.debit_rpt)') }} as debit_rpt,
        {{ money('sum(movements.credit_rpt)') }} as credit_rpt,
        cast(sum(movements.is_journal_line) as bigint) as lines_count
    from movements
    inner join dates on movements.posted_on = dates.date_on
    group by
        movements.entity_id,
        movements.month_on,
        dates.fiscal_period_start_on,
        movements.account_id,
        movements.department_code,
        movements.cost_centre_code,
        movements.entry_type
)

select
    summed.entity_id,
    summed.month_on,
    summed.fiscal_year,
    summed.fiscal_quarter,
    summed.fiscal_period,
    summed.fiscal_period_start_on,
    summed.fiscal_period_end_on,
    accounts.statement,
    accounts.class,
    accounts.statement_line,
    accounts.statement_line_sort,
    summed.account_id,
    accounts.account_code,
    accounts.account_type,
    summed.department_code,
    summed.cost_centre_code,
    summed.entry_type,
    summed.debit_local,
    summed.credit_local,
    summed.debit_rpt,
    summed.credit_rpt,
    summed.lines_count
from summed
inner join accounts on summed.account_id = accounts.account_id

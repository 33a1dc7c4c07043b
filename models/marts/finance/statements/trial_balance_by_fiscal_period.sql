-- One row per entity, fiscal period of the company's calendar and account, from the account's first posting to the period
-- of the as-of day, also where nothing moved. Where fiscal periods are calendar months this is trial_balance; on 4-4-5 and
-- Jalali calendars it is what statements of a fiscal period are summed from. Balances are debit positive and run on.
-- income_local is what the profit and loss statement of the period shows: credit positive, without closing entries.
with ledger as (select * from {{ ref('general_ledger_by_period') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

fiscal_periods as (
    select distinct
        dates.fiscal_period_start_on,
        dates.fiscal_period_end_on,
        dates.fiscal_year,
        dates.fiscal_quarter,
        dates.fiscal_period,
        dates.fiscal_period_label
    from dates
    cross join run_context
    where dates.date_on <= run_context.as_of
),

movements as (
    select
        entity_id,
        fiscal_period_start_on,
        account_id,
        sum(debit_local) as debit_local,
        sum(credit_local) as credit_local,
        sum(debit_rpt) as debit_rpt,
        sum(credit_rpt) as credit_rpt,
        sum(case entry_type when 'opening' then debit_local - credit_local else 0 end) as opening_entries_local,
        sum(case entry_type when 'opening' then debit_rpt - credit_rpt else 0 end) as opening_entries_rpt,
        sum(case entry_type when 'closing' then debit_local - credit_local else 0 end) as closing_entries_local,
        sum(case entry_type when 'closing' then debit_rpt - credit_rpt else 0 end) as closing_entries_rpt,
        sum(case entry_type when 'closing' then 0 else credit_local - debit_local end) as income_local,
        sum(case entry_type when 'closing' then 0 else credit_rpt - debit_rpt end) as income_rpt
    from ledger
    group by entity_id, fiscal_period_start_on, account_id
),

first_periods as (
    select
        entity_id,
        account_id,
        min(fiscal_period_start_on) as first_period_on
    from movements
    group by entity_id, account_id
),

periods as (
    select
        first_periods.entity_id,
        first_periods.account_id,
        fiscal_periods.*,
        coalesce(movements.debit_local, 0) as debit_local,
        coalesce(movements.credit_local, 0) as credit_local,
        coalesce(movements.debit_rpt, 0) as debit_rpt,
        coalesce(movements.credit_rpt, 0) as credit_rpt,
        coalesce(movements.opening_entries_local, 0) as opening_entries_local,
        coalesce(movements.opening_entries_rpt, 0) as opening_entries_rpt,
        coalesce(movements.closing_entries_local, 0) as closing_entries_local,
        coalesce(movements.closing_entries_rpt, 0) as closing_entries_rpt,
        coalesce(movements.income_local, 0) as income_local,
        coalesce(movements.income_rpt, 0) as income_rpt
    from first_periods
    inner join fiscal_periods on first_periods.first_period_on <= fiscal_periods.fiscal_period_start_on
    left join movements
        on
            first_periods.entity_id = movements.entity_id
            and first_periods.account_id = movements.account_id
            and fiscal_periods.fiscal_period_start_on = movements.fiscal_period_start_on
),

balances as (
    select
        *,
        sum(debit_local - credit_local) over (
            partition by entity_id, account_id
            order by fiscal_period_start_on rows between unbounded preceding and current row
        ) as closing_local,
        sum(debit_rpt - credit_rpt) over (
            partition by entity_id, account_id
            order by fiscal_period_start_on rows between unbounded preceding and current row
        ) as closing_rpt
    from periods
)

select
    balances.entity_id,
    balances.fiscal_period_start_on,
    balances.fiscal_period_end_on,
    balances.fiscal_year,
    balances.fiscal_quarter,
    balances.fiscal_period,
    balances.fiscal_period_label,
    accounts.statement,
    accounts.class,
    accounts.statement_line,
    accounts.statement_line_sort,
    balances.account_id,
    accounts.account_code,
    accounts.account_type,
    {{ money('balances.closing_local - balances.debit_local + balances.credit_local') }} as opening_local,
    {{ money('balances.debit_local') }} as debit_local,
    {{ money('balances.credit_local') }} as credit_local,
    {{ money('balances.closing_local') }} as closing_local,
    {{ money('balances.closing_rpt - balances.debit_rpt + balances.credit_rpt') }} as opening_rpt,
    {{ money('balances.debit_rpt') }} as debit_rpt,
    {{ money('balances.credit_rpt') }} as credit_rpt,
    {{ money('balances.closing_rpt') }} as closing_rpt,
    case accounts.statement when 'profit_and_loss' then {{ money('balances.income_local') }} end as income_local,
    case accounts.statement when 'profit_and_loss' then {{ money('balances.income_rpt') }} end as income_rpt,
    {{ money('balances.opening_entries_local') }} as opening_entries_local,
    {{ money('balances.opening_entries_rpt') }} as opening_entries_rpt,
    {{ money('balances.closing_entries_local') }} as closing_entries_local,
    {{ money('balances.closing_entries_rpt') }} as closing_entries_rpt
from balances
inner join accounts on balances.account_id = accounts.account_id

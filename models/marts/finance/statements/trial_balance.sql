-- One row per entity, month and account, from the account's first posting to the as-of month, also where nothing moved.
-- Balances are debit positive and run on over the years: profit and loss accounts are not closed into equity here.
-- Reporting amounts are at posting-day rates; balance_sheet translates balances at closing rates.
with ledger as (select * from {{ ref('general_ledger_by_period') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

movements as (
    select
        entity_id,
        month_on as period_on,
        account_id,
        sum(debit_local) as debit_local,
        sum(credit_local) as credit_local,
        sum(debit_rpt) as debit_rpt,
        sum(credit_rpt) as credit_rpt,
        sum(case entry_type when 'opening' then debit_local - credit_local else 0 end) as opening_entries_local,
        sum(case entry_type when 'opening' then debit_rpt - credit_rpt else 0 end) as opening_entries_rpt,
        sum(case entry_type when 'closing' then debit_local - credit_local else 0 end) as closing_entries_local,
        sum(case entry_type when 'closing' then debit_rpt - credit_rpt else 0 end) as closing_entries_rpt
    from ledger
    group by entity_id, month_on, account_id
),

first_periods as (
    select
        entity_id,
        account_id,
        min(period_on) as first_period_on
    from movements
    group by entity_id, account_id
),

periods as (
    select
        first_periods.entity_id,
        first_periods.account_id,
        month_ends.month_on as period_on,
        coalesce(movements.debit_local, 0) as debit_local,
        coalesce(movements.credit_local, 0) as credit_local,
        coalesce(movements.debit_rpt, 0) as debit_rpt,
        coalesce(movements.credit_rpt, 0) as credit_rpt,
        coalesce(movements.opening_entries_local, 0) as opening_entries_local,
        coalesce(movements.opening_entries_rpt, 0) as opening_entries_rpt,
        coalesce(movements.closing_entries_local, 0) as closing_entries_local,
        coalesce(movements.closing_entries_rpt, 0) as closing_entries_rpt
    from first_periods
    inner join month_ends on first_periods.first_period_on <= month_ends.month_on
    left join movements
        on
            first_periods.entity_id = movements.entity_id
            and first_periods.account_id = movements.account_id
            and month_ends.month_on = movements.period_on
),

balances as (
    select
        *,
        sum(debit_local - credit_local) over (
            partition by entity_id, account_id order by period_on rows between unbounded preceding and current row
        ) as closing_local,
        sum(debit_rpt - credit_rpt) over (
            partition by entity_id, account_id order by period_on rows between unbounded preceding and current row
        ) as closing_rpt
    from periods
)

select
    balances.entity_id,
    balances.period_on,
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
    {{ money('balances.opening_entries_local') }} as opening_entries_local,
    {{ money('balances.opening_entries_rpt') }} as opening_entries_rpt,
    {{ money('balances.closing_entries_local') }} as closing_entries_local,
    {{ money('balances.closing_entries_rpt') }} as closing_entries_rpt
from balances
inner join accounts on balances.account_id = accounts.account_id

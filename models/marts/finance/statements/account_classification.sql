-- One row per ledger account, ranked by what was posted to it: how it is classified, and how much stands on it. Accounts
-- without a class are the line Unclassified of the balance sheet until people give them one.
with accounts as (select * from {{ ref('dim_accounts') }}),

balances as (select * from {{ ref('trial_balance') }}),

ledger as (select * from {{ ref('general_ledger_by_period') }}),

moved as (
    select
        account_id,
        sum(debit_rpt + credit_rpt) as moved_rpt,
        cast(sum(lines_count) as bigint) as lines_count
    from ledger
    group by account_id
),

last_periods as (
    select max(period_on) as period_on from balances
),

standing as (
    select
        balances.account_id,
        sum(balances.closing_rpt) as closing_rpt
    from balances
    inner join last_periods on balances.period_on = last_periods.period_on
    group by balances.account_id
)

select
    accounts.account_id,
    accounts.account_code,
    accounts.name,
    accounts.account_type,
    accounts.statement_line,
    accounts.account_type = 'unclassified' as is_unclassified,
    accounts.source_account_type,
    coalesce(moved.lines_count, 0) as lines_count,
    {{ money('coalesce(moved.moved_rpt, 0)') }} as moved_rpt,
    {{ money('coalesce(standing.closing_rpt, 0)') }} as closing_rpt,
    cast(row_number() over (
        partition by accounts.account_type = 'unclassified'
        order by coalesce(moved.moved_rpt, 0) desc, accounts.account_id
    ) as integer) as amount_rank,
    accounts.source_system
from accounts
left join moved on accounts.account_id = moved.account_id
left join standing on accounts.account_id = standing.account_id

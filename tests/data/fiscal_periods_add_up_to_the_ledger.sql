-- A returned row is an entity and account whose movement by fiscal period is not its movement by month, or whose last
-- closing balance differs, or a fiscal period whose accounts do not sum to zero while every journal balances.
with fiscal as (select * from {{ ref('trial_balance_by_fiscal_period') }}),

monthly as (select * from {{ ref('trial_balance') }}),

unbalanced as (
    select distinct entity_id
    from {{ ref('int_journal_remainders') }}
    where difference_local <> 0
),

by_period as (
    select
        entity_id,
        account_id,
        sum(debit_local) as debit_local,
        sum(credit_rpt) as credit_rpt,
        sum(debit_local - credit_local) as closing_local
    from fiscal
    group by entity_id, account_id
),

by_month as (
    select
        entity_id,
        account_id,
        sum(debit_local) as debit_local,
        sum(credit_rpt) as credit_rpt,
        sum(debit_local - credit_local) as closing_local
    from monthly
    group by entity_id, account_id
),

period_totals as (
    select
        fiscal.entity_id,
        fiscal.fiscal_period_label,
        sum(fiscal.closing_local) as closing_local,
        sum(fiscal.closing_rpt) as closing_rpt
    from fiscal
    left join unbalanced on fiscal.entity_id = unbalanced.entity_id
    where unbalanced.entity_id is null
    group by fiscal.entity_id, fiscal.fiscal_period_label
)

select
    coalesce(by_period.entity_id, by_month.entity_id) as entity_id,
    coalesce(by_period.account_id, by_month.account_id) as name,
    by_period.closing_local as left_local,
    by_month.closing_local as right_local
from by_period
full outer join by_month
    on
        by_period.entity_id = by_month.entity_id
        and by_period.account_id = by_month.account_id
where
    by_period.debit_local is distinct from by_month.debit_local
    or by_period.credit_rpt is distinct from by_month.credit_rpt
    or by_period.closing_local is distinct from by_month.closing_local
union all
select
    entity_id,
    fiscal_period_label as name,
    closing_local as left_local,
    closing_rpt as right_local
from period_totals
where closing_local <> 0 or closing_rpt <> 0

-- A returned row is a clearing or suspense account whose open items are not its balance on the as-of day.
with items as (
    select
        entity_id,
        account_id,
        sum(amount_local) as open_local
    from {{ ref('fct_clearing_items') }}
    where is_open
    group by entity_id, account_id
),

balances as (
    select
        entity_id,
        account_id,
        sum(debit_local - credit_local) as balance_local
    from {{ ref('fct_journal_lines') }}
    where account_type in ('cash_clearing', 'suspense')
    group by entity_id, account_id
)

select
    balances.entity_id,
    balances.account_id,
    balances.balance_local,
    items.open_local
from balances
left join items
    on
        balances.entity_id = items.entity_id
        and balances.account_id = items.account_id
where balances.balance_local <> coalesce(items.open_local, 0)

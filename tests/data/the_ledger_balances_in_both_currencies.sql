-- A returned row is an entity's month whose balances do not sum to zero: in local currency the ledger is broken, in the
-- reporting currency our translation is. Journals that do not balance locally are left to the check journals_balance.
with balances as (
    select
        entity_id,
        period_on,
        sum(closing_local) as closing_local,
        sum(closing_rpt) as closing_rpt
    from {{ ref('trial_balance') }}
    group by entity_id, period_on
),

unbalanced as (
    select distinct entity_id
    from {{ ref('int_journal_remainders') }}
    where difference_local <> 0
)

select balances.*
from balances
left join unbalanced on balances.entity_id = unbalanced.entity_id
where
    unbalanced.entity_id is null
    and (balances.closing_local <> 0 or balances.closing_rpt <> 0)

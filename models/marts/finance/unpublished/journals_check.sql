-- One row per entity and month: every journal balances in local currency. The difference adds up what each unbalanced
-- journal is out by, so that two faults never cancel out. Each unbalanced journal has a row of its own that names it.
with balances as (select * from {{ ref('trial_balance') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

remainders as (select * from {{ ref('int_journal_remainders') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

sides as (
    select
        entity_id,
        period_on,
        sum(debit_local) as debit_local,
        sum(credit_local) as credit_local
    from balances
    group by entity_id, period_on
),

unbalanced as (
    select
        entity_id,
        {{ month_of('posted_on') }} as period_on,
        sum(abs(difference_local)) as difference_local
    from remainders
    where difference_local <> 0
    group by entity_id, {{ month_of('posted_on') }}
),

unbalanced_journals as (
    select
        journal_lines.entity_id,
        {{ month_of('min(remainders.posted_on)') }} as period_on,
        journal_lines.journal_id,
        sum(journal_lines.debit_local) as debit_local,
        sum(journal_lines.credit_local) as credit_local
    from journal_lines
    inner join remainders
        on
            journal_lines.entity_id = remainders.entity_id
            and journal_lines.journal_id = remainders.journal_id
    where remainders.difference_local <> 0
    group by journal_lines.entity_id, journal_lines.journal_id
)

select
    'journals_balance' as check_name,
    sides.entity_id,
    sides.period_on,
    entities.currency,
    'debits' as left_label,
    sides.debit_local as left_local,
    'credits' as right_label,
    sides.credit_local as right_local,
    0 as quarantined_local,
    0 as held_local,
    coalesce(unbalanced.difference_local, 0) as difference_local,
    true as is_covered
from sides
inner join entities on sides.entity_id = entities.entity_id
left join unbalanced
    on
        sides.entity_id = unbalanced.entity_id
        and sides.period_on = unbalanced.period_on
union all
select
    'journals_balance' as check_name,
    unbalanced_journals.entity_id,
    unbalanced_journals.period_on,
    entities.currency,
    'debits of journal ' || unbalanced_journals.journal_id as left_label,
    unbalanced_journals.debit_local as left_local,
    'credits of the journal' as right_label,
    unbalanced_journals.credit_local as right_local,
    0 as quarantined_local,
    0 as held_local,
    unbalanced_journals.debit_local - unbalanced_journals.credit_local as difference_local,
    true as is_covered
from unbalanced_journals
inner join entities on unbalanced_journals.entity_id = entities.entity_id

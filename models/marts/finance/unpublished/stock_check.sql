-- One row per entity, inventory account and month: the value that stock movements carried is the balance of the account. A
-- movement belongs to the inventory account that its document's journal is booked on; where that is none or several, to the
-- one that all other documents of its item are booked on; else to the entity's only one. Where that leaves a movement without
-- an account, the inventory accounts of the entity are compared as one. Movements and journals of documents named by
-- quarantine or held rows are set aside on both sides.
with moves as (select * from {{ ref('int_inventory_moves') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }} where control_of = 'inventory'),

named_documents as (select * from {{ ref('int_named_documents') }}),

quarantined_rows as (select * from {{ source('raw', 'quarantined_row') }} where entity = 'inventory_move'),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

run_context as (select * from {{ ref('int_run_context') }}),

-- A movement that cannot be read is known by its document; its journal is set aside with it.
named as (
    select distinct source_system, document_id, cause
    from named_documents
    union
    select distinct source_system, {{ record_text('record', 'document_id') }} as document_id, 'quarantined' as cause
    from quarantined_rows
),

causes as (
    select
        source_system,
        document_id,
        max(cause) as cause
    from named
    group by source_system, document_id
),

inventory_lines as (
    select
        journal_lines.entity_id,
        journal_lines.account_id,
        journal_lines.month_on,
        journal_lines.source_system,
        journal_lines.document_id,
        journal_lines.debit_local - journal_lines.credit_local as amount_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
),

-- The account of a document, where its journal is booked on one inventory account only.
booked_on as (
    select
        source_system,
        document_id,
        min(account_id) as account_id
    from inventory_lines
    where document_id is not null
    group by source_system, document_id
    having count(distinct account_id) = 1
),

item_accounts as (
    select
        moves.entity_id,
        moves.item_id,
        min(booked_on.account_id) as account_id
    from moves
    inner join booked_on
        on
            moves.source_system = booked_on.source_system
            and moves.document_id = booked_on.document_id
    group by moves.entity_id, moves.item_id
    having count(distinct booked_on.account_id) = 1
),

ledger_systems as (
    select distinct
        entity_id,
        source_system
    from journal_lines
),

only_accounts as (
    select
        ledger_systems.entity_id,
        min(accounts.account_id) as account_id
    from ledger_systems
    inner join accounts on ledger_systems.source_system = accounts.source_system
    group by ledger_systems.entity_id
    having count(distinct accounts.account_id) = 1
),

moves_by_account as (
    select
        moves.entity_id,
        coalesce(booked_on.account_id, item_accounts.account_id, only_accounts.account_id) as account_id,
        {{ month_of('moves.moved_on') }} as month_on,
        moves.source_system,
        moves.document_id,
        moves.value_local
    from moves
    cross join run_context
    left join booked_on
        on
            moves.source_system = booked_on.source_system
            and moves.document_id = booked_on.document_id
    left join item_accounts
        on
            moves.entity_id = item_accounts.entity_id
            and moves.item_id = item_accounts.item_id
    left join only_accounts on moves.entity_id = only_accounts.entity_id
    where moves.moved_on <= run_context.as_of
),

compared_as_one as (
    select distinct entity_id
    from moves_by_account
    where account_id is null
),

both_sides as (
    select
        entity_id, account_id, month_on, source_system, document_id,
        value_local as left_local, 0 as right_local
    from moves_by_account
    union all
    select
        entity_id, account_id, month_on, source_system, document_id,
        0 as left_local, amount_local as right_local
    from inventory_lines
),

moved as (
    select
        both_sides.entity_id,
        case when compared_as_one.entity_id is null then both_sides.account_id end as account_id,
        both_sides.month_on,
        sum(both_sides.left_local) as left_local,
        sum(both_sides.right_local) as right_local,
        sum(case when causes.cause = 'quarantined' then both_sides.left_local - both_sides.right_local else 0 end)
            as quarantined_local,
        sum(case when causes.cause = 'held' then both_sides.left_local - both_sides.right_local else 0 end) as held_local
    from both_sides
    left join compared_as_one on both_sides.entity_id = compared_as_one.entity_id
    left join causes
        on
            both_sides.source_system = causes.source_system
            and both_sides.document_id = causes.document_id
    group by
        both_sides.entity_id,
        case when compared_as_one.entity_id is null then both_sides.account_id end, both_sides.month_on
),

first_months as (
    select
        entity_id,
        account_id,
        min(month_on) as month_on
    from moved
    group by entity_id, account_id
),

standing as (
    select
        first_months.entity_id,
        first_months.account_id,
        month_ends.month_on,
        sum(coalesce(moved.left_local, 0)) over running as left_local,
        sum(coalesce(moved.right_local, 0)) over running as right_local,
        sum(coalesce(moved.quarantined_local, 0)) over running as quarantined_local,
        sum(coalesce(moved.held_local, 0)) over running as held_local
    from first_months
    inner join month_ends on first_months.month_on <= month_ends.month_on
    left join moved
        on
            first_months.entity_id = moved.entity_id
            and first_months.account_id is not distinct from moved.account_id
            and month_ends.month_on = moved.month_on
    window running as (
        partition by first_months.entity_id, first_months.account_id
        order by month_ends.month_on
        rows between unbounded preceding and current row
    )
),

moves_delivered as (
    select distinct entity_id from moves
),

control_delivered as (
    select distinct ledger_systems.entity_id
    from ledger_systems
    inner join accounts on ledger_systems.source_system = accounts.source_system
)

select
    'stock_ties_to_ledger' as check_name,
    standing.entity_id,
    standing.month_on as period_on,
    entities.currency,
    'stock by movement' || coalesce(' on ' || accounts.account_code, '') as left_label,
    standing.left_local,
    coalesce('account ' || accounts.account_code || coalesce(', ' || accounts.name, ''), 'inventory accounts') as right_label,
    standing.right_local,
    standing.quarantined_local,
    standing.held_local,
    standing.left_local - standing.right_local - standing.quarantined_local - standing.held_local as difference_local,
    moves_delivered.entity_id is not null and control_delivered.entity_id is not null as is_covered
from standing
inner join entities on standing.entity_id = entities.entity_id
left join accounts on standing.account_id = accounts.account_id
left join moves_delivered on standing.entity_id = moves_delivered.entity_id
left join control_delivered on standing.entity_id = control_delivered.entity_id

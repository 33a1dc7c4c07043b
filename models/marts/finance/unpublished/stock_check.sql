-- One row per entity and month: the value that stock movements carried is the balance of the inventory accounts. Movements
-- and journals of documents named by quarantine or held rows are set aside on both sides.
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

both_sides as (
    select
        moves.entity_id, {{ month_of('moves.moved_on') }} as month_on, moves.source_system, moves.document_id,
        moves.value_local as left_local, 0 as right_local
    from moves
    cross join run_context
    where moves.moved_on <= run_context.as_of
    union all
    select
        journal_lines.entity_id, journal_lines.month_on, journal_lines.source_system, journal_lines.document_id,
        0 as left_local, journal_lines.debit_local - journal_lines.credit_local as right_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
),

moved as (
    select
        both_sides.entity_id,
        both_sides.month_on,
        sum(both_sides.left_local) as left_local,
        sum(both_sides.right_local) as right_local,
        sum(case when causes.cause = 'quarantined' then both_sides.left_local - both_sides.right_local else 0 end)
            as quarantined_local,
        sum(case when causes.cause = 'held' then both_sides.left_local - both_sides.right_local else 0 end) as held_local
    from both_sides
    left join causes
        on
            both_sides.source_system = causes.source_system
            and both_sides.document_id = causes.document_id
    group by both_sides.entity_id, both_sides.month_on
),

first_months as (
    select
        entity_id,
        min(month_on) as month_on
    from moved
    group by entity_id
),

standing as (
    select
        first_months.entity_id,
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
            and month_ends.month_on = moved.month_on
    window running as (
        partition by first_months.entity_id
        order by month_ends.month_on
        rows between unbounded preceding and current row
    )
),

moves_delivered as (
    select distinct entity_id from moves
),

control_delivered as (
    select distinct journal_lines.entity_id
    from journal_lines
    inner join accounts on journal_lines.source_system = accounts.source_system
)

select
    'stock_ties_to_ledger' as check_name,
    standing.entity_id,
    standing.month_on as period_on,
    entities.currency,
    'stock by movement' as left_label,
    standing.left_local,
    'inventory accounts' as right_label,
    standing.right_local,
    standing.quarantined_local,
    standing.held_local,
    standing.left_local - standing.right_local - standing.quarantined_local - standing.held_local as difference_local,
    moves_delivered.entity_id is not null and control_delivered.entity_id is not null as is_covered
from standing
inner join entities on standing.entity_id = entities.entity_id
left join moves_delivered on standing.entity_id = moves_delivered.entity_id
left join control_delivered on standing.entity_id = control_delivered.entity_id

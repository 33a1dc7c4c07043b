-- One row per side of the margin (revenue, cost), entity and month: invoice and credit note lines are what the ledger
-- booked, sales between the group's entities included. Revenue that the ledger defers counts in the month it is billed,
-- as invoice lines do; what a closing entry carries to equity is no sale. Documents named by quarantine or held rows
-- are set aside on both sides.
with invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

named_documents as (select * from {{ ref('int_named_documents') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

line_sides as (
    select
        'revenue' as side, entity_id, month_on, document_type, document_id as document_key, source_system,
        net_local as amount_local
    from invoice_lines
    union all
    select
        'cost' as side, entity_id, month_on, document_type, document_id as document_key, source_system,
        cost_local as amount_local
    from invoice_lines
    where is_cost_known
),

ledger_sides as (
    select
        case
            when account_type in ('revenue', 'intercompany_revenue', 'deferred_revenue') then 'revenue'
            else 'cost'
        end as side,
        entity_id,
        month_on,
        document_type,
        source_system || ':' || document_id as document_key,
        source_system,
        case
            when account_type in ('revenue', 'intercompany_revenue', 'deferred_revenue') then credit_local - debit_local
            else debit_local - credit_local
        end as amount_local
    from journal_lines
    where account_type in (
        'revenue', 'intercompany_revenue', 'deferred_revenue', 'cost_of_sales', 'intercompany_cost'
    )
    and entry_type is distinct from 'closing'
),

both_sides as (
    select side, entity_id, month_on, document_type, document_key, amount_local as left_local, 0 as right_local
    from line_sides
    union all
    select side, entity_id, month_on, document_type, document_key, 0 as left_local, amount_local as right_local
    from ledger_sides
),

named as (
    select
        document_type,
        source_system || ':' || document_id as document_key,
        cause
    from named_documents
),

moved as (
    select
        both_sides.side,
        both_sides.entity_id,
        both_sides.month_on,
        sum(both_sides.left_local) as left_local,
        sum(both_sides.right_local) as right_local,
        sum(case when named.cause = 'quarantined' then both_sides.left_local - both_sides.right_local else 0 end)
            as quarantined_local,
        sum(case when named.cause = 'held' then both_sides.left_local - both_sides.right_local else 0 end) as held_local
    from both_sides
    left join named
        on
            both_sides.document_type = named.document_type
            and both_sides.document_key = named.document_key
    group by both_sides.side, both_sides.entity_id, both_sides.month_on
),

line_systems as (
    select distinct side, entity_id, source_system from line_sides
),

ledger_systems as (
    select distinct entity_id, source_system from journal_lines
),

lines_delivered as (
    select side, entity_id from line_systems
    union
    select line_systems.side, ledger_systems.entity_id
    from line_systems
    inner join ledger_systems on line_systems.source_system = ledger_systems.source_system
),

ledgers_delivered as (
    select distinct entity_id from ledger_systems
)

select
    'margins_tie_to_ledger_' || moved.side as check_name,
    moved.entity_id,
    moved.month_on as period_on,
    entities.currency,
    moved.side || ' of invoice lines' as left_label,
    moved.left_local,
    moved.side || ' in the ledger' as right_label,
    moved.right_local,
    moved.quarantined_local,
    moved.held_local,
    moved.left_local - moved.right_local - moved.quarantined_local - moved.held_local as difference_local,
    lines_delivered.entity_id is not null and ledgers_delivered.entity_id is not null as is_covered
from moved
inner join entities on moved.entity_id = entities.entity_id
left join lines_delivered
    on
        moved.side = lines_delivered.side
        and moved.entity_id = lines_delivered.entity_id
left join ledgers_delivered on moved.entity_id = ledgers_delivered.entity_id

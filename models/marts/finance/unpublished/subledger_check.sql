-- One row per subledger (receivables, payables), entity and month: what is open by document is the balance of the control
-- accounts. Documents named by quarantine or held rows are set aside on both sides.
with receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }} where control_of in ('receivables', 'payables')),

named_documents as (select * from {{ ref('int_named_documents') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

open_by_document as (
    select 'receivables' as subledger, entity_id, month_on, source_system, cause_type, cause_id, amount_local
    from receivable_events
    union all
    select 'payables' as subledger, entity_id, month_on, source_system, cause_type, cause_id, amount_local
    from payable_events
),

control_lines as (
    select
        accounts.control_of as subledger,
        journal_lines.entity_id,
        journal_lines.month_on,
        journal_lines.source_system,
        journal_lines.document_type as cause_type,
        journal_lines.document_id as cause_id,
        case accounts.control_of when 'payables' then -1 else 1 end
        * (journal_lines.debit_local - journal_lines.credit_local) as amount_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
),

both_sides as (
    select
        subledger, entity_id, month_on, source_system, cause_type, cause_id,
        amount_local as left_local, 0 as right_local
    from open_by_document
    union all
    select
        subledger, entity_id, month_on, source_system, cause_type, cause_id,
        0 as left_local, amount_local as right_local
    from control_lines
),

moved as (
    select
        both_sides.subledger,
        both_sides.entity_id,
        both_sides.month_on,
        sum(both_sides.left_local) as left_local,
        sum(both_sides.right_local) as right_local,
        sum(case when named_documents.cause = 'quarantined' then both_sides.left_local - both_sides.right_local else 0 end)
            as quarantined_local,
        sum(case when named_documents.cause = 'held' then both_sides.left_local - both_sides.right_local else 0 end)
            as held_local
    from both_sides
    left join named_documents
        on
            both_sides.source_system = named_documents.source_system
            and both_sides.cause_type = named_documents.document_type
            and both_sides.cause_id = named_documents.document_id
    group by both_sides.subledger, both_sides.entity_id, both_sides.month_on
),

-- A side is there when its source delivers it: documents, also of another entity, from the system that the entity's
-- ledger comes from; and control accounts in the ledger that the entity posts to.
document_systems as (
    select distinct subledger, entity_id, source_system from open_by_document
),

ledger_systems as (
    select distinct entity_id, source_system from journal_lines
),

documents_delivered as (
    select subledger, entity_id from document_systems
    union
    select document_systems.subledger, ledger_systems.entity_id
    from document_systems
    inner join ledger_systems on document_systems.source_system = ledger_systems.source_system
),

control_delivered as (
    select distinct accounts.control_of as subledger, ledger_systems.entity_id
    from ledger_systems
    inner join accounts on ledger_systems.source_system = accounts.source_system
),

subledgers as (
    select subledgers.subledger
    from (values ('receivables'), ('payables')) as subledgers (subledger)
),

standing as (
    select
        subledgers.subledger,
        entities.entity_id,
        entities.currency,
        month_ends.month_on,
        sum(coalesce(moved.left_local, 0)) over running as left_local,
        sum(coalesce(moved.right_local, 0)) over running as right_local,
        sum(coalesce(moved.quarantined_local, 0)) over running as quarantined_local,
        sum(coalesce(moved.held_local, 0)) over running as held_local
    from subledgers
    cross join entities
    cross join month_ends
    left join moved
        on
            subledgers.subledger = moved.subledger
            and entities.entity_id = moved.entity_id
            and month_ends.month_on = moved.month_on
    window running as (
        partition by subledgers.subledger, entities.entity_id
        order by month_ends.month_on
        rows between unbounded preceding and current row
    )
),

first_months as (
    select
        subledger,
        entity_id,
        min(month_on) as month_on
    from moved
    group by subledger, entity_id
)

select
    standing.subledger || '_tie_to_ledger' as check_name,
    standing.entity_id,
    standing.month_on as period_on,
    standing.currency,
    standing.subledger || ' open by document' as left_label,
    standing.left_local,
    'control accounts' as right_label,
    standing.right_local,
    standing.quarantined_local,
    standing.held_local,
    standing.left_local - standing.right_local - standing.quarantined_local - standing.held_local as difference_local,
    documents_delivered.entity_id is not null and control_delivered.entity_id is not null as is_covered
from standing
inner join first_months
    on
        standing.subledger = first_months.subledger
        and standing.entity_id = first_months.entity_id
        and standing.month_on >= first_months.month_on
left join documents_delivered
    on
        standing.subledger = documents_delivered.subledger
        and standing.entity_id = documents_delivered.entity_id
left join control_delivered
    on
        standing.subledger = control_delivered.subledger
        and standing.entity_id = control_delivered.entity_id

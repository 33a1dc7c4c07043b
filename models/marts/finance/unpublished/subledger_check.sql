-- One row per subledger (receivables, payables), entity, control account and month: what is open by document is the balance
-- of the account. A document belongs to the control account that its own journal is booked on, and so does what is applied
-- to it; without such a journal, to the only account of its kind (trade or intercompany, by the partner). Where that leaves a
-- document without an account, the control accounts of the entity are compared as one. Documents named by quarantine or held
-- rows are set aside on both sides.
with receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }} where control_of in ('receivables', 'payables')),

customers as (select * from {{ ref('int_customers') }} where intercompany_entity_id is not null),

vendors as (select * from {{ ref('int_vendors') }} where intercompany_entity_id is not null),

named_documents as (select * from {{ ref('int_named_documents') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

events as (
    select
        'receivables' as subledger, receivable_events.entity_id, receivable_events.month_on, receivable_events.source_system,
        receivable_events.document_type, receivable_events.document_id, receivable_events.event_type,
        receivable_events.cause_type, receivable_events.cause_id, receivable_events.amount_local,
        customers.customer_id is not null as is_intercompany
    from receivable_events
    left join customers on receivable_events.customer_id = customers.customer_id
    union all
    select
        'payables' as subledger, payable_events.entity_id, payable_events.month_on, payable_events.source_system,
        payable_events.document_type, payable_events.document_id, payable_events.event_type,
        payable_events.cause_type, payable_events.cause_id, payable_events.amount_local,
        vendors.vendor_id is not null as is_intercompany
    from payable_events
    left join vendors on payable_events.vendor_id = vendors.vendor_id
),

control_lines as (
    select
        accounts.control_of as subledger,
        accounts.account_id,
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

ledger_systems as (
    select distinct entity_id, source_system from journal_lines
),

-- The account of a document, where its journal is booked on one control account only.
booked_on as (
    select
        subledger,
        source_system,
        cause_type,
        cause_id,
        min(account_id) as account_id
    from control_lines
    where cause_id is not null
    group by subledger, source_system, cause_type, cause_id
    having count(distinct account_id) = 1
),

document_accounts as (
    select
        events.subledger,
        events.document_type,
        events.document_id,
        min(booked_on.account_id) as account_id
    from events
    inner join booked_on
        on
            events.subledger = booked_on.subledger
            and events.source_system = booked_on.source_system
            and events.cause_type = booked_on.cause_type
            and events.cause_id = booked_on.cause_id
    where events.event_type = 'posted'
    group by events.subledger, events.document_type, events.document_id
),

entity_accounts as (
    select distinct
        accounts.control_of as subledger,
        ledger_systems.entity_id,
        accounts.account_id,
        accounts.account_type like 'intercompany%' as is_intercompany
    from ledger_systems
    inner join accounts on ledger_systems.source_system = accounts.source_system
),

only_accounts as (
    select
        subledger,
        entity_id,
        case when count(distinct account_id) = 1 then min(account_id) end as any_account_id,
        case
            when sum(case when is_intercompany then 0 else 1 end) = 1
                then min(case when not is_intercompany then account_id end)
        end as trade_account_id,
        case
            when sum(case when is_intercompany then 1 else 0 end) = 1
                then min(case when is_intercompany then account_id end)
        end as intercompany_account_id
    from entity_accounts
    group by subledger, entity_id
),

open_by_document as (
    select
        events.subledger,
        events.entity_id,
        events.month_on,
        events.source_system,
        events.cause_type,
        events.cause_id,
        events.amount_local,
        coalesce(
            document_accounts.account_id,
            case
                when events.is_intercompany then only_accounts.intercompany_account_id
                else only_accounts.trade_account_id
            end,
            only_accounts.any_account_id
        ) as account_id
    from events
    left join document_accounts
        on
            events.subledger = document_accounts.subledger
            and events.document_type = document_accounts.document_type
            and events.document_id = document_accounts.document_id
    left join only_accounts
        on
            events.subledger = only_accounts.subledger
            and events.entity_id = only_accounts.entity_id
),

compared_as_one as (
    select distinct subledger, entity_id
    from open_by_document
    where account_id is null
),

both_sides as (
    select
        subledger, entity_id, account_id, month_on, source_system, cause_type, cause_id,
        amount_local as left_local, 0 as right_local
    from open_by_document
    union all
    select
        subledger, entity_id, account_id, month_on, source_system, cause_type, cause_id,
        0 as left_local, amount_local as right_local
    from control_lines
),

moved as (
    select
        both_sides.subledger,
        both_sides.entity_id,
        case when compared_as_one.entity_id is null then both_sides.account_id end as account_id,
        both_sides.month_on,
        sum(both_sides.left_local) as left_local,
        sum(both_sides.right_local) as right_local,
        sum(case when named_documents.cause = 'quarantined' then both_sides.left_local - both_sides.right_local else 0 end)
            as quarantined_local,
        sum(case when named_documents.cause = 'held' then both_sides.left_local - both_sides.right_local else 0 end)
            as held_local
    from both_sides
    left join compared_as_one
        on
            both_sides.subledger = compared_as_one.subledger
            and both_sides.entity_id = compared_as_one.entity_id
    left join named_documents
        on
            both_sides.source_system = named_documents.source_system
            and both_sides.cause_type = named_documents.document_type
            and both_sides.cause_id = named_documents.document_id
    group by
        both_sides.subledger, both_sides.entity_id,
        case when compared_as_one.entity_id is null then both_sides.account_id end, both_sides.month_on
),

-- A side is there when its source delivers it: documents, also of another entity, from the system that the entity's
-- ledger comes from; and control accounts in the ledger that the entity posts to.
document_systems as (
    select distinct subledger, entity_id, source_system from open_by_document
),

documents_delivered as (
    select subledger, entity_id from document_systems
    union
    select document_systems.subledger, ledger_systems.entity_id
    from document_systems
    inner join ledger_systems on document_systems.source_system = ledger_systems.source_system
),

control_delivered as (
    select distinct subledger, entity_id from entity_accounts
),

first_months as (
    select
        subledger,
        entity_id,
        account_id,
        min(month_on) as month_on
    from moved
    group by subledger, entity_id, account_id
),

standing as (
    select
        first_months.subledger,
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
            first_months.subledger = moved.subledger
            and first_months.entity_id = moved.entity_id
            and coalesce(first_months.account_id, '') = coalesce(moved.account_id, '')
            and month_ends.month_on = moved.month_on
    window running as (
        partition by first_months.subledger, first_months.entity_id, first_months.account_id
        order by month_ends.month_on
        rows between unbounded preceding and current row
    )
)

select
    standing.subledger || '_tie_to_ledger' as check_name,
    standing.entity_id,
    standing.month_on as period_on,
    entities.currency,
    standing.subledger || ' open by document' || coalesce(' on ' || accounts.account_code, '') as left_label,
    standing.left_local,
    coalesce('account ' || accounts.account_code || coalesce(', ' || accounts.name, ''), 'control accounts') as right_label,
    standing.right_local,
    standing.quarantined_local,
    standing.held_local,
    standing.left_local - standing.right_local - standing.quarantined_local - standing.held_local as difference_local,
    documents_delivered.entity_id is not null and control_delivered.entity_id is not null as is_covered
from standing
inner join entities on standing.entity_id = entities.entity_id
left join accounts on standing.account_id = accounts.account_id
left join documents_delivered
    on
        standing.subledger = documents_delivered.subledger
        and standing.entity_id = documents_delivered.entity_id
left join control_delivered
    on
        standing.subledger = control_delivered.subledger
        and standing.entity_id = control_delivered.entity_id

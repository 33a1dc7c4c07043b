-- One row per document that lacks what it needs, or that more was applied to than it is worth.
with invoices as (select * from {{ ref('int_invoices') }} where gross_local is not null),

bills as (select * from {{ ref('int_bills') }} where gross_local is not null),

credit_notes as (select * from {{ ref('int_credit_notes') }}),

instalments as (select distinct invoice_id from {{ ref('int_instalments') }}),

receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

run_context as (select * from {{ ref('int_run_context') }}),

without_due_date as (
    select
        'invoice_without_due_date' as kind,
        invoices.source_system, invoices.entity_id, {{ month_of('invoices.invoiced_on') }} as period_on,
        'invoice' as document_type, invoices.source_id as document_id, invoices.invoice_id as document_key, '' as detail,
        invoices.gross_local as amount_local,
        'no due date and no instalments: aged after the customer''s terms, else as due at once' as message
    from invoices
    cross join run_context
    left join instalments on invoices.invoice_id = instalments.invoice_id
    where
        invoices.due_on is null
        and instalments.invoice_id is null
        and invoices.invoiced_on <= run_context.as_of
    union all
    select
        'bill_without_due_date' as kind,
        bills.source_system, bills.entity_id, {{ month_of('bills.billed_on') }} as period_on,
        'bill' as document_type, bills.source_id as document_id, bills.bill_id as document_key, '' as detail,
        bills.gross_local as amount_local,
        'no due date: aged after the vendor''s terms, else as due at once' as message
    from bills
    cross join run_context
    where
        bills.due_on is null
        and bills.billed_on <= run_context.as_of
),

-- A balance on the other side of what was posted: more was applied than there was.
balances as (
    select
        source_system, entity_id, document_type, document_id,
        max(event_on) as last_on,
        sum(case when event_type = 'posted' then amount_local else 0 end) as posted_local,
        sum(amount_local) as balance_local
    from receivable_events
    group by source_system, entity_id, document_type, document_id
    union all
    select
        source_system, entity_id, document_type, document_id,
        max(event_on) as last_on,
        sum(case when event_type = 'posted' then amount_local else 0 end) as posted_local,
        sum(amount_local) as balance_local
    from payable_events
    group by source_system, entity_id, document_type, document_id
),

applied_beyond as (
    select
        case
            when document_type in ('payment', 'bill_payment', 'credit_note') then 'payment_applied_beyond_its_amount'
            else 'payment_applied_beyond_document'
        end as kind,
        source_system,
        entity_id,
        {{ month_of('last_on') }} as period_on,
        document_type,
        substring(document_id, length(source_system) + 2) as document_id,
        document_id as document_key,
        '' as detail,
        abs(balance_local) as amount_local,
        cast(abs(balance_local) as varchar) || ' more was applied than the ' || cast(abs(posted_local) as varchar)
        || ' it is worth' as message
    from balances
    where (posted_local > 0 and balance_local < 0) or (posted_local < 0 and balance_local > 0)
),

document_events as (
    select source_system, entity_id, document_type, document_id, event_type, event_on, amount_local
    from receivable_events
    where document_type = 'invoice'
    union all
    select source_system, entity_id, document_type, document_id, event_type, event_on, amount_local
    from payable_events
    where document_type = 'bill'
),

issued as (
    select
        document_type,
        document_id,
        min(event_on) as issued_on
    from document_events
    where event_type = 'posted'
    group by document_type, document_id
),

settled_early as (
    select
        'document_settled_before_issued' as kind,
        document_events.source_system,
        document_events.entity_id,
        {{ month_of('min(issued.issued_on)') }} as period_on,
        document_events.document_type,
        substring(document_events.document_id, length(document_events.source_system) + 2) as document_id,
        document_events.document_id as document_key,
        '' as detail,
        abs(sum(document_events.amount_local)) as amount_local,
        'settled on ' || cast(min(document_events.event_on) as varchar) || ', before it was issued on '
        || cast(min(issued.issued_on) as varchar) || ': one of the days is wrong' as message
    from document_events
    inner join issued
        on
            document_events.document_type = issued.document_type
            and document_events.document_id = issued.document_id
    where
        document_events.event_type = 'applied'
        and document_events.event_on < issued.issued_on
    group by
        document_events.source_system, document_events.entity_id, document_events.document_type, document_events.document_id
),

open_beyond as (
    select
        'open_item_beyond_document' as kind,
        source_system,
        entity_id,
        {{ month_of('last_on') }} as period_on,
        document_type,
        substring(document_id, length(source_system) + 2) as document_id,
        document_id as document_key,
        '' as detail,
        abs(balance_local) - abs(posted_local) as amount_local,
        'open with ' || cast(balance_local as varchar) || ', more than the ' || cast(posted_local as varchar)
        || ' it is worth: an application is negative, or the document is not loaded' as message
    from balances
    where
        abs(balance_local) > abs(posted_local)
        and (posted_local = 0 or (posted_local > 0) = (balance_local > 0))
),

credits_without_original as (
    select
        'credit_note_without_original' as kind,
        credit_notes.source_system, credit_notes.entity_id, {{ month_of('credit_notes.credited_on') }} as period_on,
        'credit_note' as document_type, credit_notes.source_id as document_id,
        credit_notes.credit_note_id as document_key, '' as detail,
        coalesce(credit_notes.gross_local, 0) as amount_local,
        case
            when credit_notes.invoice_id is null then 'names no invoice'
            else
                'names invoice ' || substring(credit_notes.invoice_id, length(credit_notes.source_system) + 2)
                || ', which is not loaded'
        end as message
    from credit_notes
    cross join run_context
    left join invoices on credit_notes.invoice_id = invoices.invoice_id
    where
        invoices.invoice_id is null
        and credit_notes.credited_on <= run_context.as_of
)

select * from without_due_date
union all
select * from applied_beyond
union all
select * from settled_early
union all
select * from open_beyond
union all
select * from credits_without_original

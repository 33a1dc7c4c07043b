-- One row per event that moves the open balance of a receivable document, up to the as-of day: an invoice or credit note
-- posted, a payment received, and each side of an application. The balance of a document, a customer or an entity on
-- any day is the sum of its events up to that day. Held documents are left out.
with invoices as (select * from {{ ref('int_invoices') }} where gross_local is not null),

credit_notes as (select * from {{ ref('int_credit_notes') }} where gross_local is not null),

payments as (select * from {{ ref('int_payments') }} where amount_local is not null),

applications as (select * from {{ ref('int_payment_applications') }} where amount_local is not null),

run_context as (select * from {{ ref('int_run_context') }}),

events as (
    select
        'invoice' as document_type, invoice_id as document_id, 'posted' as event_type, invoice_id as event_id,
        'invoice' as cause_type, source_id as cause_id,
        entity_id, customer_id, invoiced_on as event_on, gross_local as amount_local, gross_doc as amount_doc,
        source_system, source_id
    from invoices
    union all
    select
        'credit_note' as document_type, credit_note_id as document_id, 'posted' as event_type, credit_note_id as event_id,
        'credit_note' as cause_type, source_id as cause_id,
        entity_id, customer_id, credited_on as event_on, -gross_local as amount_local, -gross_doc as amount_doc,
        source_system, source_id
    from credit_notes
    union all
    select
        'payment' as document_type, payment_id as document_id, 'posted' as event_type, payment_id as event_id,
        'payment' as cause_type, source_id as cause_id,
        entity_id, customer_id, paid_on as event_on, -amount_local as amount_local, -amount_doc as amount_doc,
        source_system, source_id
    from payments
    union all
    -- The side of the invoice: settled by what was paid or credited and by the discount granted.
    select
        'invoice' as document_type, applications.invoice_id as document_id, 'applied' as event_type,
        applications.payment_application_id as event_id,
        case when applications.payment_id is not null then 'payment' else 'credit_note' end as cause_type,
        coalesce(payments.source_id, credit_notes.source_id) as cause_id,
        invoices.entity_id, invoices.customer_id, applications.applied_on as event_on,
        -applications.amount_local as amount_local,
        -(applications.amount_doc + coalesce(applications.discount_doc, 0)) as amount_doc,
        applications.source_system, applications.source_id
    from applications
    inner join invoices on applications.invoice_id = invoices.invoice_id
    left join payments on applications.payment_id = payments.payment_id
    left join credit_notes on applications.credit_note_id = credit_notes.credit_note_id
    union all
    -- The side of the payment: used up by the amount at its own rate, which the exchange difference makes good.
    select
        'payment' as document_type, applications.payment_id as document_id, 'applied' as event_type,
        applications.payment_application_id as event_id,
        'payment' as cause_type, payments.source_id as cause_id,
        payments.entity_id, payments.customer_id, applications.applied_on as event_on,
        applications.amount_local - applications.discount_local + applications.exchange_difference_local as amount_local,
        null as amount_doc,
        applications.source_system, applications.source_id
    from applications
    inner join payments on applications.payment_id = payments.payment_id
    union all
    select
        'credit_note' as document_type, applications.credit_note_id as document_id, 'applied' as event_type,
        applications.payment_application_id as event_id,
        'credit_note' as cause_type, credit_notes.source_id as cause_id,
        credit_notes.entity_id, credit_notes.customer_id, applications.applied_on as event_on,
        applications.amount_local - applications.discount_local + applications.exchange_difference_local as amount_local,
        null as amount_doc,
        applications.source_system, applications.source_id
    from applications
    inner join credit_notes on applications.credit_note_id = credit_notes.credit_note_id
)

select
    events.document_type,
    events.document_id,
    events.event_type,
    events.event_id,
    events.cause_type,
    events.cause_id,
    events.entity_id,
    events.customer_id,
    events.event_on,
    {{ month_of('events.event_on') }} as month_on,
    {{ money('events.amount_local') }} as amount_local,
    {{ money('events.amount_doc') }} as amount_doc,
    events.source_system,
    events.source_id
from events
cross join run_context
where events.event_on <= run_context.as_of

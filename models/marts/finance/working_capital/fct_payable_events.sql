-- One row per event that moves the open balance of a payable document, up to the as-of day: a bill posted, a payment
-- made, and each side of an application. Positive is owed to the vendor. Held documents are left out.
with bills as (select * from {{ ref('int_bills') }} where gross_local is not null),

payments as (select * from {{ ref('int_bill_payments') }} where amount_local is not null),

applications as (select * from {{ ref('int_bill_payment_applications') }} where amount_local is not null),

run_context as (select * from {{ ref('int_run_context') }}),

events as (
    select
        'bill' as document_type, bill_id as document_id, 'posted' as event_type, bill_id as event_id,
        'bill' as cause_type, source_id as cause_id,
        entity_id, vendor_id, billed_on as event_on, gross_local as amount_local, gross_doc as amount_doc,
        source_system, source_id
    from bills
    union all
    select
        'bill_payment' as document_type, bill_payment_id as document_id, 'posted' as event_type,
        bill_payment_id as event_id,
        'bill_payment' as cause_type, source_id as cause_id,
        entity_id, vendor_id, paid_on as event_on, -amount_local as amount_local, -amount_doc as amount_doc,
        source_system, source_id
    from payments
    union all
    select
        'bill' as document_type, applications.bill_id as document_id, 'applied' as event_type,
        applications.bill_payment_application_id as event_id,
        'bill_payment' as cause_type, payments.source_id as cause_id,
        bills.entity_id, bills.vendor_id, applications.applied_on as event_on,
        -applications.amount_local as amount_local,
        -(applications.amount_doc + coalesce(applications.discount_doc, 0)) as amount_doc,
        applications.source_system, applications.source_id
    from applications
    inner join bills on applications.bill_id = bills.bill_id
    left join payments on applications.bill_payment_id = payments.bill_payment_id
    union all
    -- An exchange gain is what the bill was carried at beyond what the payment cost.
    select
        'bill_payment' as document_type, applications.bill_payment_id as document_id, 'applied' as event_type,
        applications.bill_payment_application_id as event_id,
        'bill_payment' as cause_type, payments.source_id as cause_id,
        payments.entity_id, payments.vendor_id, applications.applied_on as event_on,
        applications.amount_local - applications.discount_local - applications.exchange_difference_local as amount_local,
        null as amount_doc,
        applications.source_system, applications.source_id
    from applications
    inner join payments on applications.bill_payment_id = payments.bill_payment_id
)

select
    events.document_type,
    events.document_id,
    events.event_type,
    events.event_id,
    events.cause_type,
    events.cause_id,
    events.entity_id,
    events.vendor_id,
    events.event_on,
    {{ month_of('events.event_on') }} as month_on,
    {{ money('events.amount_local') }} as amount_local,
    {{ money('events.amount_doc') }} as amount_doc,
    events.source_system,
    events.source_id
from events
cross join run_context
where events.event_on <= run_context.as_of

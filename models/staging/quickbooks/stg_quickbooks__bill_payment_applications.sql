-- One row per bill that a payment to a vendor settles, and per vendor credit that it uses, which is a negative bill: negative.
with documents as (select * from {{ ref('base_quickbooks__documents') }}),

links as (select * from {{ ref('base_quickbooks__links') }}),

applied as (
    select
        links.payment_id,
        links.linked_id,
        case when bills.transaction_type = 'VendorCredit' then -links.amount_doc else links.amount_doc end as amount_doc,
        bills.dated_on as billed_on,
        bills.exchange_rate as billed_rate
    from links
    inner join documents as bills on links.linked_id = bills.document_id
    where bills.transaction_type in ('Bill', 'VendorCredit')
)

select
    applied.payment_id || '-' || {{ quickbooks_bare_id('applied.linked_id', 'payments') }} as bill_payment_application_id,
    applied.payment_id as bill_payment_id,
    applied.linked_id as bill_id,
    greatest(payments.dated_on, applied.billed_on) as applied_on,
    {{ money('applied.amount_doc') }} as amount_doc,
    cast(null as decimal(18, 2)) as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    {{ money(
        converted(money('applied.amount_doc'), 'applied.billed_rate')
        ~ ' - ' ~ converted(money('applied.amount_doc'), 'payments.exchange_rate')
    ) }} as exchange_difference_local,
    payments.source_system,
    payments.source_id || '-' || {{ quickbooks_bare_id('applied.linked_id', 'payments') }} as source_id,
    payments.batch_id,
    payments.batch_row,
    payments.loaded_at
from applied
inner join documents as payments on applied.payment_id = payments.document_id
where payments.transaction_type = 'BillPayment'
union all
select
    document_id as bill_payment_application_id,
    document_id as bill_payment_id,
    document_id as bill_id,
    dated_on as applied_on,
    {{ money('case when is_credit then -gross_doc else gross_doc end') }} as amount_doc,
    {{ money('case when is_credit then -gross_local else gross_local end') }} as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    cast(0 as decimal(18, 2)) as exchange_difference_local,
    {{ lineage() }}
from documents
where transaction_type = 'Purchase' and vendor_id is not null

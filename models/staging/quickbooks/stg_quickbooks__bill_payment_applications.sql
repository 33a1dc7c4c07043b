-- One row per bill that a payment to a vendor settles, and per vendor credit that it uses, which is a negative bill: negative.
with documents as (select * from {{ ref('base_quickbooks__documents') }}),

links as (select * from {{ ref('base_quickbooks__links') }}),

shared as (
    select
        links.payment_id,
        links.linked_id,
        case when bills.transaction_type = 'VendorCredit' then -links.amount_doc else links.amount_doc end as amount_doc,
        bills.exchange_rate as bill_rate,
        case when bills.transaction_type = 'VendorCredit' then -bills.gross_doc else bills.gross_doc end as bill_doc,
        case when bills.transaction_type = 'VendorCredit' then -bills.gross_local else bills.gross_local end as bill_local,
        payments.gross_doc as brought_doc,
        payments.gross_local as brought_local,
        payments.exchange_rate as payment_rate,
        greatest(payments.dated_on, bills.dated_on) as applied_on,
        payments.source_id || '-' || {{ quickbooks_bare_id('links.linked_id', 'payments') }} as source_id,
        payments.source_system,
        payments.batch_id,
        payments.batch_row,
        payments.loaded_at
    from links
    inner join documents as bills on links.linked_id = bills.document_id
    inner join documents as payments on links.payment_id = payments.document_id
    where bills.transaction_type in ('Bill', 'VendorCredit') and payments.transaction_type = 'BillPayment'
),

converted as (
    select
        *,
        {{ converted(money('amount_doc'), 'payment_rate') }} as share_local,
        {{ converted(money('amount_doc'), 'bill_rate') }} as own_local
    from shared
),

-- Of what is used up, and of what is settled, the last application takes what rounding has left.
valued as (
    select
        *,
        share_local
        + {{ rounding_left('payment_id', 'source_id', 'amount_doc', 'share_local', 'brought_doc', 'brought_local') }} as carried_local,
        own_local
        + {{ rounding_left('linked_id', 'source_id', 'amount_doc', 'own_local', 'bill_doc', 'bill_local') }} as settled_local
    from converted
)

select
    source_system || ':' || source_id as bill_payment_application_id,
    payment_id as bill_payment_id,
    linked_id as bill_id,
    applied_on,
    {{ money('amount_doc') }} as amount_doc,
    {{ money('settled_local') }} as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    {{ money('settled_local - carried_local') }} as exchange_difference_local,
    {{ lineage() }}
from valued
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

-- One row per settlement of a bill by a payment. ERPNext allocates in the currency of the party's account: the amount of a document in
-- another one is that at the document's own rate. Leaves out drafts, cancelled payments and documents, and allocations taken back.
-- Money paid in advance settles a document once there is one, or on the day that ERPNext notes. A discount that was taken is in what
-- is allocated: the mapping names it, in the document's currency.
with applied as (
    select
        *,
        max(updated_at) over (partition by source_system, payment_id) as payment_updated_at
    from {{ source('raw', 'erpnext_payment_entry_reference') }}
),

payments as (
    select
        id as payment_id,
        paid_on,
        case when payment_type = 'Receive' then paid_currency else received_currency end as currency
    from {{ source('raw', 'erpnext_payment_entry') }}
    where docstatus = 1 and party_type = 'Supplier'
),

documents as (
    select
        id as document_id,
        posted_on,
        currency,
        exchange_rate
    from {{ source('raw', 'erpnext_purchase_invoice') }}
    where docstatus = 1
)

select
    applied.id as bill_payment_application_id,
    payments.payment_id as bill_payment_id,
    applied.document_id as bill_id,
    coalesce(applied.settled_on, greatest(payments.paid_on, documents.posted_on)) as applied_on,
    cast(
        case
            when payments.currency = documents.currency then applied.allocated
            else round(applied.allocated / nullif(documents.exchange_rate, 0), 2)
        end - coalesce(applied.discount_doc, 0) as decimal(18, 2)
    ) as amount_doc,
    case
        when payments.currency = documents.currency
            then cast(round(applied.allocated * documents.exchange_rate, 2) as decimal(18, 2))
        else applied.allocated
    end as amount_local,
    applied.discount_doc,
    applied.exchange_gain_local as exchange_difference_local,
    {{ lineage() }}
from applied
inner join payments on applied.payment_id = payments.payment_id
inner join documents on applied.document_id = documents.document_id
where applied.document_type = 'Purchase Invoice' and applied.updated_at = applied.payment_updated_at

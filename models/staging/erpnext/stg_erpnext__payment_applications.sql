-- One row per settlement of an invoice by a payment. ERPNext allocates in the currency of the party's account: the amount of a document
-- in another one is that at the document's own rate. Leaves out drafts, cancelled payments and documents, and allocations taken back.
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
        case when payment_type = 'Pay' then received_currency else paid_currency end as currency
    from {{ source('raw', 'erpnext_payment_entry') }}
    where docstatus = 1 and party_type = 'Customer'
),

documents as (
    select
        id as document_id,
        posted_on,
        currency,
        exchange_rate
    from {{ source('raw', 'erpnext_sales_invoice') }}
    where docstatus = 1
)

select
    applied.id as payment_application_id,
    payments.payment_id,
    cast(null as varchar) as credit_note_id,
    applied.document_id as invoice_id,
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
where applied.document_type = 'Sales Invoice' and applied.updated_at = applied.payment_updated_at
union all
-- A credit note settles the invoice that it is against, as far as it goes, on the day it is posted.
select
    credits.id as payment_application_id,
    cast(null as varchar) as payment_id,
    credits.id as credit_note_id,
    credits.return_against as invoice_id,
    credits.posted_on as applied_on,
    -credits.gross_doc as amount_doc,
    -credits.gross_local as amount_local,
    cast(null as decimal(18, 2)) as discount_doc,
    cast(null as decimal(18, 2)) as exchange_difference_local,
    {{ lineage() }}
from {{ source('raw', 'erpnext_sales_invoice') }} as credits
where credits.docstatus = 1 and credits.is_return and credits.return_against is not null

-- One row per settlement of an invoice: by a payment as ERPNext allocated it, or by the credit note that is against it.
with {{ erpnext_allocations('Customer', 'Sales Invoice', 'erpnext_sales_invoice') }}

select
    id as payment_application_id,
    payment_id,
    cast(null as varchar) as credit_note_id,
    document_id as invoice_id,
    applied_on,
    amount_doc,
    amount_local,
    discount_doc,
    exchange_gain_local as exchange_difference_local,
    {{ lineage() }}
from allocations
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

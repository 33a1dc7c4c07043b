-- One row per submitted credit note: a sales invoice that is a return, whose amounts ERPNext writes as negative. Leaves out drafts and
-- cancelled ones.
select
    id as credit_note_id,
    company as entity_id,
    customer_id,
    return_against as invoice_id,
    posted_on as credited_on,
    reason,
    currency,
    -net_doc as net_doc,
    -tax_doc as tax_doc,
    -gross_doc as gross_doc,
    -net_local as net_local,
    -gross_local as gross_local,
    exchange_rate,
    updated_at,
    {{ lineage() }}
from {{ source('raw', 'erpnext_sales_invoice') }}
where docstatus = 1 and is_return

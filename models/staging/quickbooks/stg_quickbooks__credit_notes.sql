-- One row per credit memo and refund receipt that counts, positive as QuickBooks has them.
select
    document_id as credit_note_id,
    entity_id,
    customer_id,
    cast(null as varchar) as invoice_id,
    dated_on as credited_on,
    reason,
    currency,
    net_doc,
    tax_doc,
    gross_doc,
    net_local,
    gross_local,
    exchange_rate,
    updated_at,
    {{ lineage() }}
from {{ ref('base_quickbooks__documents') }}
where transaction_type in ('CreditMemo', 'RefundReceipt')

-- One row per line of a credit memo or refund receipt that counts.
select
    document_line_id as credit_note_line_id,
    document_id as credit_note_id,
    cast(null as varchar) as invoice_line_id,
    item_id,
    coalesce(quantity, 1) as quantity,
    {{ money('amount_doc') }} as net_doc,
    {{ money('amount_local') }} as net_local,
    cast(null as decimal(18, 2)) as tax_doc,
    cast(null as decimal(18, 2)) as cost_local,
    account_code,
    department_code,
    cost_centre_code,
    cast(null as varchar) as project_id,
    line_type,
    {{ lineage() }}
from {{ ref('base_quickbooks__lines') }}
where transaction_type in ('CreditMemo', 'RefundReceipt')

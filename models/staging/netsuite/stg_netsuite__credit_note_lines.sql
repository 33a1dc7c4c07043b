-- One row per line of a credit note that counts. In the ledger a credit note is a debit: signs stay.
select
    document_line_id as credit_note_line_id,
    document_id as credit_note_id,
    credited_line_id as invoice_line_id,
    item_id,
    coalesce(quantity, 1) as quantity,
    {{ money('amount_doc') }} as net_doc,
    {{ money('amount_local') }} as net_local,
    tax_doc,
    cost_local,
    account_code,
    department_code,
    cost_centre_code,
    project_id,
    line_type,
    {{ lineage() }}
from {{ ref('base_netsuite__document_lines') }}
where transaction_type in ('CustCred', 'CashRfnd') or (transaction_type in ('CustInvc', 'CashSale') and sign = -1)

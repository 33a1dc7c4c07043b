-- One row per line of a vendor bill or vendor credit that counts. In the ledger a purchase is a debit: signs stay.
select
    document_line_id as bill_line_id,
    document_id as bill_id,
    item_id,
    quantity,
    {{ money('amount_doc') }} as net_doc,
    {{ money('amount_local') }} as net_local,
    tax_doc,
    account_code,
    department_code,
    cost_centre_code,
    project_id,
    {{ lineage() }}
from {{ ref('base_netsuite__document_lines') }}
where transaction_type in ('VendBill', 'VendCred')

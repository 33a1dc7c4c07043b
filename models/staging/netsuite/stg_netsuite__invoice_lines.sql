-- One row per line of an invoice or cash sale that counts. In the ledger a sale is a credit: signs are turned.
select
    document_line_id as invoice_line_id,
    document_id as invoice_id,
    order_line_id,
    item_id,
    coalesce(-quantity, 1) as quantity,
    list_price_doc,
    unit_price_doc,
    discount_ratio,
    cast(-amount_doc as decimal(18, 4)) as net_doc,
    cast(-amount_local as decimal(18, 4)) as net_local,
    tax_doc,
    cost_local,
    account_code,
    department_code,
    cost_centre_code,
    project_id,
    line_type,
    {{ lineage() }}
from {{ ref('base_netsuite__document_lines') }}
where transaction_type in ('CustInvc', 'CashSale') and sign = 1

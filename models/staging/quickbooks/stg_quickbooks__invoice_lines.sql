-- One row per line of an invoice or sales receipt that counts. QuickBooks knows neither the cost nor the tax of a line.
select
    document_line_id as invoice_line_id,
    document_id as invoice_id,
    cast(null as varchar) as order_line_id,
    item_id,
    coalesce(quantity, 1) as quantity,
    cast(null as decimal(18, 6)) as list_price_doc,
    unit_price_doc,
    cast(null as decimal(9, 6)) as discount_ratio,
    amount_doc as net_doc,
    amount_local as net_local,
    cast(null as decimal(18, 2)) as tax_doc,
    cast(null as decimal(18, 2)) as cost_local,
    account_code,
    department_code,
    cost_centre_code,
    cast(null as varchar) as project_id,
    line_type,
    {{ lineage() }}
from {{ ref('base_quickbooks__lines') }}
where transaction_type in ('Invoice', 'SalesReceipt')

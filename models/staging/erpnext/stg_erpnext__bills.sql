-- One row per submitted purchase invoice; a debit note is a bill of negative amounts, as ERPNext writes it. Leaves out drafts and
-- cancelled ones.
with bills as (select * from {{ source('raw', 'erpnext_purchase_invoice') }} where docstatus = 1),

lines as (
    {{ erpnext_current_lines(source('raw', 'erpnext_purchase_invoice_item')) }}
),

orders as (
    select
        document_id,
        max(purchase_order_id) as order_id
    from lines
    where updated_at = document_updated_at
    group by document_id
)

select
    bills.id as bill_id,
    bills.company as entity_id,
    bills.vendor_id,
    coalesce(bills.purchase_order_id, orders.order_id) as purchase_order_id,
    bills.posted_on as billed_on,
    bills.due_on,
    bills.discount_due_on,
    cast(bills.cash_discount_ratio as decimal(9, 6)) as cash_discount_ratio,
    bills.currency,
    bills.net_doc,
    bills.tax_doc,
    bills.gross_doc,
    bills.net_local,
    bills.gross_local,
    bills.exchange_rate,
    bills.updated_at,
    {{ lineage() }}
from bills
left join orders on bills.id = orders.document_id

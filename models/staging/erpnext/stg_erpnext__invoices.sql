-- One row per submitted sales invoice. Leaves out drafts, cancelled ones and credit notes. The order is its lines'.
with invoices as (
    select * from {{ source('raw', 'erpnext_sales_invoice') }}
    where docstatus = 1 and not is_return
),

lines as (
    {{ erpnext_current_lines(source('raw', 'erpnext_sales_invoice_item')) }}
),

orders as (
    select
        document_id,
        max(order_id) as order_id
    from lines
    where updated_at = document_updated_at
    group by document_id
)

select
    invoices.id as invoice_id,
    invoices.company as entity_id,
    invoices.customer_id,
    orders.order_id,
    invoices.channel,
    invoices.posted_on as invoiced_on,
    invoices.due_on,
    invoices.discount_due_on,
    cast(invoices.cash_discount_ratio as decimal(9, 6)) as cash_discount_ratio,
    cast(null as date) as disputed_on,
    cast(null as date) as dispute_ended_on,
    invoices.currency,
    invoices.net_doc,
    invoices.tax_doc,
    invoices.gross_doc,
    invoices.net_local,
    invoices.gross_local,
    invoices.freight_doc,
    invoices.exchange_rate,
    invoices.updated_at,
    {{ lineage() }}
from invoices
left join orders on invoices.id = orders.document_id

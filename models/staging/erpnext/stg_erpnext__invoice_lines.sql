-- One row per line of a submitted sales invoice. Leaves out lines that were taken out. The price before the line's discount is the price
-- list's where there is one; ERPNext writes 0 for a price or cost that is none.
with lines as (
    {{ erpnext_current_lines(source('raw', 'erpnext_sales_invoice_item')) }}
),

invoices as (
    select id as invoice_id from {{ source('raw', 'erpnext_sales_invoice') }}
    where docstatus = 1 and not is_return
),

accounts as (
    {{ erpnext_account_codes() }}
)

select
    lines.id as invoice_line_id,
    lines.document_id as invoice_id,
    lines.order_line_id,
    lines.item_id,
    lines.quantity,
    nullif(lines.list_price_doc, 0) as list_price_doc,
    coalesce(
        lines.unit_price_doc, case when lines.discount_percentage <> 0 then nullif(lines.list_price_doc, 0) end, lines.price_doc
    ) as unit_price_doc,
    cast(
        coalesce(
            lines.discount_ratio, case when nullif(lines.list_price_doc, 0) is not null then lines.discount_percentage / 100 end, 0
        ) as decimal(9, 6)
    ) as discount_ratio,
    lines.net_doc,
    lines.net_local,
    lines.tax_doc,
    coalesce(
        lines.cost_local, cast(round(nullif(lines.unit_cost_local, 0) * lines.stock_quantity, 2) as decimal(18, 2))
    ) as cost_local,
    coalesce(accounts.account_code, lines.account) as account_code,
    lines.department_code,
    lines.cost_centre_code,
    lines.project_id,
    lines.line_type,
    {{ lineage() }}
from lines
inner join invoices on lines.document_id = invoices.invoice_id
left join accounts on lines.source_system = accounts.account_source_system and lines.account = accounts.account
where lines.updated_at = lines.document_updated_at

-- One row per line of a posted credit note. In the ledger it is a debit: signs stay.
with lines as (select * from {{ ref('base_odoo__lines') }}),

links as (select * from {{ ref('base_odoo__order_links') }}),

products as (select * from {{ source('raw', 'odoo_product') }}),

templates as (select * from {{ source('raw', 'odoo_product_template') }})

select
    lines.id as credit_note_line_id,
    lines.move_id as credit_note_id,
    lines.invoice_line_id,
    lines.product_id as item_id,
    lines.quantity,
    {{ money('lines.net_doc') }} as net_doc,
    lines.balance_local as net_local,
    {{ money('lines.gross_doc - lines.net_doc') }} as tax_doc,
    lines.cost_local,
    lines.account_code,
    lines.department_code,
    lines.cost_centre_code,
    lines.project_id,
    coalesce(
        lines.line_type,
        case when links.is_freight then 'freight' end,
        {{ odoo_item_type('templates') }}
    ) as line_type,
    {{ odoo_lineage('lines') }}
from lines
left join links on lines.id = links.id
left join products on lines.product_id = products.id
left join templates on products.product_template_id = templates.id
where lines.kind = 'credit_note' and lines.line_kind in ('product', 'rounding')

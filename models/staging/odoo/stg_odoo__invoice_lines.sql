-- One row per line of a posted invoice. In the ledger a sale is a credit: signs are turned.
with lines as (select * from {{ ref('base_odoo__lines') }}),

links as (select * from {{ ref('base_odoo__order_links') }}),

products as (select * from {{ source('raw', 'odoo_product') }}),

templates as (select * from {{ source('raw', 'odoo_product_template') }})

select
    lines.id as invoice_line_id,
    lines.move_id as invoice_id,
    case when not links.is_freight then links.order_line_id end as order_line_id,
    lines.product_id as item_id,
    lines.quantity,
    lines.list_price_doc,
    lines.unit_price_doc,
    cast(lines.discount_percent / 100 as decimal(9, 6)) as discount_ratio,
    lines.net_doc,
    {{ line_amount('-lines.balance_local') }} as net_local,
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
where lines.kind = 'invoice' and lines.line_kind in ('product', 'rounding')

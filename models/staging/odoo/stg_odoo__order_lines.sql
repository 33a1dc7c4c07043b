-- One row per line of a sales order. Leaves out sections, notes and freight, which stands on the order.
with order_lines as (select * from {{ source('raw', 'odoo_sale_order_line') }}),

orders as (select * from {{ ref('stg_odoo__orders') }})

select
    order_lines.id as order_line_id,
    order_lines.order_id,
    order_lines.product_id as item_id,
    order_lines.quantity,
    order_lines.list_price_doc,
    order_lines.unit_price_doc,
    cast(order_lines.discount_percent / 100 as decimal(9, 6)) as discount_ratio,
    order_lines.net_doc,
    coalesce(order_lines.promised_on, orders.promised_on) as promised_on,
    order_lines.project_id,
    {{ odoo_lineage('order_lines') }}
from order_lines
inner join orders on order_lines.order_id = orders.order_id
where order_lines.line_kind is null and not coalesce(order_lines.is_freight, false)

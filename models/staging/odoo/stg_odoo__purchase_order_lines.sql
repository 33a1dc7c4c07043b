-- One row per line of a purchase order. Leaves out sections and notes.
with order_lines as (select * from {{ source('raw', 'odoo_purchase_order_line') }}),

orders as (select * from {{ ref('stg_odoo__purchase_orders') }})

select
    order_lines.id as purchase_order_line_id,
    order_lines.order_id as purchase_order_id,
    order_lines.product_id as item_id,
    order_lines.quantity,
    cast(order_lines.unit_price_doc * (1 - coalesce(order_lines.discount_percent, 0) / 100) as decimal(18, 6)) as unit_price_doc,
    {{ odoo_lineage('order_lines') }}
from order_lines
inner join orders on order_lines.order_id = orders.purchase_order_id
where order_lines.line_kind is null

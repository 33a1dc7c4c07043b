-- One row per line of a purchase order that counts. Leaves out main lines, taxes and lines without a quantity.
with orders as (select * from {{ ref('stg_netsuite__purchase_orders') }}),

lines as (select * from {{ ref('base_netsuite__lines') }})

select
    lines.transaction_id || '-' || lines.line_id as purchase_order_line_id,
    lines.transaction_id as purchase_order_id,
    lines.item_id,
    lines.quantity,
    lines.unit_price_doc,
    lines.source_system,
    {{ netsuite_bare_id('lines.transaction_id', 'lines') }} || '-' || lines.line_id as source_id,
    lines.batch_id,
    lines.batch_row,
    lines.loaded_at
from lines
inner join orders on lines.transaction_id = orders.purchase_order_id
where not lines.is_main and not lines.is_tax and lines.quantity is not null and lines.unit_price_doc is not null

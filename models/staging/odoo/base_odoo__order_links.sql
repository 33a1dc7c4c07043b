-- One row per line of a document and the order line that it invoices, the lowest one where it invoices several.
with lines as (select * from {{ source('raw', 'odoo_move_line') }}),

order_lines as (select * from {{ source('raw', 'odoo_sale_order_line') }}),

named as (
    select
        id,
        source_system,
        {{ text_parts('order_line_ids') }} as order_line_key
    from lines
    where order_line_ids is not null and order_line_ids <> ''
)

select
    named.id,
    min(order_lines.id) as order_line_id,
    min(order_lines.order_id) as order_id,
    bool_or(coalesce(order_lines.is_freight, false)) as is_freight
from named
inner join order_lines on named.source_system || ':' || named.order_line_key = order_lines.id
group by named.id

-- One row per line of a sales order that counts. Leaves out main lines, taxes, shipping and lines that only shape the order.
with orders as (select * from {{ ref('stg_netsuite__orders') }}),

lines as (select * from {{ ref('base_netsuite__lines') }})

select
    lines.transaction_id || '-' || lines.line_id as order_line_id,
    lines.transaction_id as order_id,
    lines.item_id,
    -lines.quantity as quantity,
    lines.list_price_doc,
    lines.unit_price_doc,
    lines.discount_ratio,
    cast(-lines.amount_doc as decimal(18, 4)) as net_doc,
    lines.promised_on,
    lines.project_id,
    lines.source_system,
    {{ netsuite_bare_id('lines.transaction_id', 'lines') }} || '-' || lines.line_id as source_id,
    lines.batch_id,
    lines.batch_row,
    lines.loaded_at
from lines
inner join orders on lines.transaction_id = orders.order_id
where
    not lines.is_main
    and not lines.is_tax
    and lines.quantity is not null
    and lines.unit_price_doc is not null
    and coalesce(lines.line_type, '') <> 'freight'
    and coalesce(lines.item_kind, '') not in ('ShipItem', 'Subtotal', 'Description', 'Group', 'EndGroup')

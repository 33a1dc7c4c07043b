-- One row per line of a sales order. A net amount left out by the ERP is quantity times price less discount.
with order_lines as ({{ canonical('order_line') }})

select
    order_line_id,
    order_id,
    item_id,
    quantity,
    list_price_doc,
    unit_price_doc,
    discount_ratio,
    coalesce(net_doc, {{ line_net('quantity', 'unit_price_doc', 'discount_ratio') }}) as net_doc,
    promised_on,
    project_id,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at
from order_lines

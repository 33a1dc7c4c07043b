-- One row per line of a purchase order. Leaves out lines without an item, a quantity or a price.
select
    document_line_id as purchase_order_line_id,
    document_id as purchase_order_id,
    item_id,
    quantity,
    unit_price_doc,
    {{ lineage() }}
from {{ ref('base_quickbooks__lines') }}
where transaction_type = 'PurchaseOrder' and item_id is not null and quantity is not null and unit_price_doc is not null

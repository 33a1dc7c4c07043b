-- One row per item that can be sold or bought. Leaves out kinds that only shape a document.
with items as (select * from {{ source('raw', 'netsuite_item') }})

select
    id as item_id,
    coalesce(name, item_code) as name,
    {{ netsuite_item_type('items') }} as item_type,
    category,
    unit_of_measure,
    standard_cost_local,
    list_price_doc,
    currency,
    not coalesce(is_inactive, false) as is_active,
    {{ lineage() }}
from items
where item_kind not in ('Subtotal', 'Description', 'Group', 'EndGroup', 'Payment', 'TaxItem', 'TaxGroup')

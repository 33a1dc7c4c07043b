-- One row per product and service. Leaves out deleted ones and categories, which only group items.
with items as (select * from {{ source('raw', 'quickbooks_item') }})

select
    items.id as item_id,
    items.name,
    coalesce(
        items.item_type,
        case when items.item_kind in ('Inventory', 'NonInventory', 'Group') then 'goods' else 'service' end
    ) as item_type,
    coalesce(items.category, parents.name) as category,
    items.unit_of_measure,
    items.purchase_cost as standard_cost_local,
    items.unit_price as list_price_doc,
    items.currency,
    coalesce(items.is_active, true) as is_active,
    {{ quickbooks_lineage('items') }}
from items
left join items as parents on items.parent_id = parents.id
where not items.is_deleted and coalesce(items.item_kind, '') <> 'Category'

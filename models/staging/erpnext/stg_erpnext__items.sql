-- One row per item. What is not kept in stock is a service, unless a mapping says otherwise. ERPNext writes 0 for
-- a price that is none, and for the cost of what came into stock without one.
select
    id as item_id,
    item_name as name,
    coalesce(item_type, case when is_stock_item then 'goods' else 'service' end) as item_type,
    category,
    unit_of_measure,
    case when is_stock_item then nullif(valuation_rate, 0) else valuation_rate end as standard_cost_local,
    nullif(standard_rate, 0) as list_price_doc,
    currency,
    not coalesce(is_disabled, false) as is_active,
    {{ lineage() }}
from {{ source('raw', 'erpnext_item') }}

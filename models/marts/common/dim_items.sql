-- One row per item, service or plan sold or bought.
select
    item_id,
    name,
    item_type,
    category,
    unit_of_measure,
    standard_cost_local,
    list_price_doc,
    currency,
    is_active,
    source_system,
    source_id
from {{ ref('int_items') }}

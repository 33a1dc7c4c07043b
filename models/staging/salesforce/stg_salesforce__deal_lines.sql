-- One row per product of an opportunity. Leaves out deleted ones.
select
    id as deal_line_id,
    opportunity_id as deal_id,
    product_code as item_ref,
    quantity,
    list_price_doc,
    unit_price_doc as net_price_doc,
    term_months,
    {{ lineage() }}
from {{ source('raw', 'salesforce_opportunity_line_item') }}
where not is_deleted

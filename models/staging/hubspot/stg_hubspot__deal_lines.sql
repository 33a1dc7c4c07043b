-- One row per product of a deal. Leaves out archived ones, those of archived deals (HubSpot archives a deal without its products), and
-- those of quotes, which repeat the deal's. A discount is an amount per unit or a percentage of the price.
with lines as (select * from {{ source('raw', 'hubspot_line_item') }} where not is_archived),

deals as (select id from {{ source('raw', 'hubspot_deal') }} where not is_archived)

select
    id as deal_line_id,
    deal_id,
    sku as item_ref,
    quantity,
    price_doc as list_price_doc,
    cast(
        round(price_doc - coalesce(discount_doc, price_doc * discount_percentage / 100, 0), 6) as decimal(18, 6)
    ) as net_price_doc,
    term_months,
    {{ lineage() }}
from lines
where deal_id in (select deals.id from deals)

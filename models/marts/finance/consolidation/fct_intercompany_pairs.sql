-- One row per month, kind, selling entity, buying entity and document currency: what each of the two has on its books of
-- their dealings. kind balance: receivable against payable at the month's end; kind result: sales against purchases of the
-- month. In the document currency both must be the same; what is left after translation is the exchange rate's.
with entries as (select * from {{ ref('fct_intercompany_entries') }}),

sides as (
    select
        period_on,
        case when side in ('receivable', 'payable') then 'balance' else 'result' end as kind,
        case when side in ('receivable', 'sale') then entity_id else coalesce(partner_entity_id, 'unknown') end
            as seller_entity_id,
        case when side in ('receivable', 'sale') then coalesce(partner_entity_id, 'unknown') else entity_id end
            as buyer_entity_id,
        currency,
        sum(case side when 'receivable' then amount_doc when 'sale' then -amount_doc else 0 end) as seller_doc,
        sum(case side when 'payable' then -amount_doc when 'purchase' then amount_doc else 0 end) as buyer_doc,
        sum(case side when 'receivable' then amount_rpt when 'sale' then -amount_rpt else 0 end) as seller_rpt,
        sum(case side when 'payable' then -amount_rpt when 'purchase' then amount_rpt else 0 end) as buyer_rpt
    from entries
    where
        side in ('receivable', 'payable', 'sale', 'purchase')
        and (side <> 'purchase' or partner_entity_id is not null)
    group by
        period_on,
        case when side in ('receivable', 'payable') then 'balance' else 'result' end,
        case when side in ('receivable', 'sale') then entity_id else coalesce(partner_entity_id, 'unknown') end,
        case when side in ('receivable', 'sale') then coalesce(partner_entity_id, 'unknown') else entity_id end,
        currency
)

select
    period_on,
    kind,
    seller_entity_id,
    buyer_entity_id,
    currency,
    {{ money('seller_doc') }} as seller_doc,
    {{ money('buyer_doc') }} as buyer_doc,
    {{ money('seller_doc - buyer_doc') }} as difference_doc,
    {{ money('seller_rpt') }} as seller_rpt,
    {{ money('buyer_rpt') }} as buyer_rpt,
    {{ money('seller_rpt - buyer_rpt') }} as difference_rpt,
    case
        when seller_entity_id = 'unknown' or buyer_entity_id = 'unknown' then 'unknown_partner'
        when seller_doc <> buyer_doc or (seller_doc is null) <> (buyer_doc is null) then 'unmatched'
        when seller_rpt <> buyer_rpt then 'exchange'
        else 'matched'
    end as status
from sides
where seller_doc <> 0 or buyer_doc <> 0 or seller_rpt <> 0 or buyer_rpt <> 0

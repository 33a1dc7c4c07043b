{{ config(tags=['tie_out']) }}
select deals.deal_id, deals.amount_rpt
from {{ ref('fct_deals') }} as deals
where deals.amount_rpt < 0
order by deals.deal_id

-- One row per deal that was created by the as-of day.
select
    deals.deal_id, deals.name, deals.pipeline as region, deals.entity_id, deals.amount_doc as amount_rpt,
    deals.is_won, deals.closed_on, deals.source_system, deals.source_id
from {{ source('raw', 'deal') }} as deals
cross join {{ source('raw', 'run_context') }} as run_context
where deals.created_on <= run_context.as_of

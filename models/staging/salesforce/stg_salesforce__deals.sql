-- One row per opportunity. Leaves out deleted ones. An org of one currency has no currency field: the mapping names it.
select
    id as deal_id,
    account_id,
    owner_id,
    entity_id,
    name,
    pipeline,
    stage_name as stage,
    amount_doc,
    currency,
    cast(probability / 100 as decimal(9, 6)) as probability_ratio,
    deal_type,
    lead_source,
    campaign_id,
    cast(created_at as date) as created_on,
    close_on as closed_on,
    is_won,
    is_closed,
    lost_reason,
    next_step,
    merged_into_id,
    updated_at,
    {{ lineage() }}
from {{ source('raw', 'salesforce_opportunity') }}
where not is_deleted

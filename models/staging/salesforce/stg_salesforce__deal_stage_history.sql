-- One row per recorded change of an opportunity. Salesforce writes one at creation too.
select
    id as deal_stage_history_id,
    opportunity_id as deal_id,
    created_at as changed_at,
    stage_name as stage,
    amount_doc,
    cast(probability / 100 as decimal(9, 6)) as probability_ratio,
    close_on as expected_close_on,
    created_by_id as changed_by_id,
    {{ lineage() }}
from {{ source('raw', 'salesforce_opportunity_history') }}
where not coalesce(is_deleted, false)

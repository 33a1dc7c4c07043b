-- One row per marketing campaign.
select
    id as campaign_id,
    coalesce(name, source_id) as name,
    channel,
    started_on,
    ended_on,
    {{ lineage() }}
from {{ source('raw', 'hubspot_campaign') }}

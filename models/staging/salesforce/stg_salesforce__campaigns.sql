-- One row per campaign. Leaves out deleted ones.
select
    id as campaign_id,
    name,
    channel,
    started_on,
    ended_on,
    {{ lineage() }}
from {{ source('raw', 'salesforce_campaign') }}
where not is_deleted

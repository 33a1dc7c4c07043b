-- One row per user of the org.
select
    id as owner_id,
    name,
    lower(email) as email,
    manager_id,
    team,
    region,
    is_active,
    {{ lineage() }}
from {{ source('raw', 'salesforce_user') }}

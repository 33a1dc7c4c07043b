-- One row per owner, those who left included. HubSpot knows no superior and no region of an owner.
select
    id as owner_id,
    coalesce(nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), ''), email, source_id) as name,
    lower(email) as email,
    manager_id,
    team,
    region,
    not is_archived as is_active,
    {{ lineage() }}
from {{ source('raw', 'hubspot_owner') }}

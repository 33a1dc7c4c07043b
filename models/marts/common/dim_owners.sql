-- One row per user of the CRM who owns records. E-mail addresses are left out.
with owners as (select * from {{ ref('int_owners') }})

select
    owners.owner_id,
    owners.name,
    owners.team,
    owners.region,
    owners.manager_id,
    managers.name as manager_name,
    coalesce(owners.is_active, true) as is_active,
    owners.source_system,
    owners.source_id
from owners
left join owners as managers on owners.manager_id = managers.owner_id

-- One row per contact, and one per contact that was merged into it: other rows may still name it, and HubSpot keeps nothing of it
-- but its id. Leaves out archived ones.
with contacts as (select * from {{ source('raw', 'hubspot_contact') }} where not is_archived),

merged as (
    select
        id as merged_into_id,
        {{ text_parts('merged_object_ids') }} as merged_id,
        source_system,
        batch_id,
        batch_row,
        loaded_at
    from contacts
    where merged_object_ids is not null
)

select
    id as contact_id,
    company_id as account_id,
    nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '') as name,
    email_hash,
    title,
    coalesce(country_code, country) as country,
    cast(null as varchar) as merged_into_id,
    {{ day_in_zone('created_at', 'time_zone') }} as created_on,
    {{ lineage() }}
from contacts
union all
select
    source_system || ':' || trim(merged_id) as contact_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as name,
    cast(null as varchar) as email_hash,
    cast(null as varchar) as title,
    cast(null as varchar) as country,
    merged_into_id,
    cast(null as date) as created_on,
    source_system,
    trim(merged_id) as source_id,
    batch_id,
    batch_row,
    loaded_at
from merged
where trim(merged_id) <> ''

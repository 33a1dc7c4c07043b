-- One row per contact. A merged one stays, because other rows may still name it; other deleted ones are left out.
select
    id as contact_id,
    account_id,
    name,
    email_hash,
    title,
    coalesce(country_code, country) as country,
    master_record_id as merged_into_id,
    cast(created_at as date) as created_on,
    {{ lineage() }}
from {{ source('raw', 'salesforce_contact') }}
where not is_deleted or master_record_id is not null

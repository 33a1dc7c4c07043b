-- One row per company. Leaves out archived ones. A company known by its domain alone is called by it.
select
    id as account_id,
    coalesce(name, domain, source_id) as name,
    parent_id,
    domain,
    tax_id,
    coalesce(country_code, country) as country,
    region,
    industry,
    segment,
    owner_id,
    erp_customer_ref,
    {{ day_in_zone('created_at', 'time_zone') }} as created_on,
    updated_at,
    {{ lineage() }}
from {{ source('raw', 'hubspot_company') }}
where not is_archived

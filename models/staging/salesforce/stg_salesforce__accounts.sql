-- One row per account. Leaves out deleted and merged ones.
select
    id as account_id,
    name,
    parent_id,
    website as domain,
    tax_id,
    coalesce(country_code, country) as country,
    region,
    industry,
    segment,
    owner_id,
    erp_customer_ref,
    cast(created_at as date) as created_on,
    updated_at,
    {{ lineage() }}
from {{ source('raw', 'salesforce_account') }}
where not is_deleted

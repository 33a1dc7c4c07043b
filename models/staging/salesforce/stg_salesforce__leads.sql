-- One row per lead, converted ones included. Leaves out deleted ones.
select
    id as lead_id,
    company,
    lead_source,
    campaign_id,
    status,
    owner_id,
    coalesce(country_code, country) as country,
    created_at,
    first_touch_at,
    converted_on,
    converted_account_id as account_id,
    converted_opportunity_id as deal_id,
    {{ lineage() }}
from {{ source('raw', 'salesforce_lead') }}
where not is_deleted

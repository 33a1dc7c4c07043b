-- One row per lead. Leaves out archived ones. A lead with a deal is converted; the company of another is only where it might end.
select
    id as lead_id,
    coalesce(company, name) as company,
    lead_source,
    campaign_id,
    coalesce(status, stage_id) as status,
    owner_id,
    country,
    created_at,
    first_touch_at,
    converted_on,
    case when deal_id is not null or converted_on is not null then company_id end as account_id,
    deal_id,
    {{ lineage() }}
from {{ source('raw', 'hubspot_lead') }}
where not is_archived

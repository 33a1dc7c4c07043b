-- One row per lead, converted ones included: an opportunity that was a lead is its own deal.
select
    id as lead_id,
    coalesce(partner_name, contact_name, name) as company,
    lead_source,
    campaign_id,
    coalesce(lead_status, case when is_lost then 'Lost' else stage end) as status,
    user_id as owner_id,
    country,
    created_at,
    first_touch_at,
    cast(converted_at as date) as converted_on,
    case when is_deal then account_id end as account_id,
    case when is_deal then id end as deal_id,
    {{ lineage() }}
from {{ ref('base_odoo__leads') }}
where was_lead

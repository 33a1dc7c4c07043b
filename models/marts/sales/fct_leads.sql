-- One row per lead created up to the as-of day. A conversion dated later has not happened yet.
with leads as (select * from {{ ref('int_leads') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

owners as (select * from {{ ref('int_owners') }}),

lead_response as (select * from {{ ref('int_lead_response') }}),

run_context as (select * from {{ ref('int_run_context') }}),

known_leads as (
    select
        leads.*,
        case when cast(leads.first_touch_at as date) <= run_context.as_of then leads.first_touch_at end as touched_at,
        coalesce(leads.converted_on <= run_context.as_of, false) as is_converted
    from leads
    cross join run_context
    where cast(leads.created_at as date) <= run_context.as_of
),

final as (
    select
        known_leads.lead_id,
        known_leads.source_system,
        known_leads.source_id,
        known_leads.company,
        known_leads.lead_source,
        known_leads.campaign_id,
        campaigns.name as campaign_name,
        campaigns.channel,
        known_leads.status,
        known_leads.owner_id,
        owners.region,
        known_leads.country,
        known_leads.created_at,
        cast(known_leads.created_at as date) as created_on,
        known_leads.touched_at as first_touch_at,
        cast({{ dbt.datediff('known_leads.created_at', 'known_leads.touched_at', 'minute') }} as integer) as first_touch_minutes,
        case when known_leads.touched_at is not null then lead_response.business_minutes end as first_touch_business_minutes,
        case when known_leads.touched_at is null then lead_response.business_minutes end as waiting_business_minutes,
        known_leads.is_converted,
        case when known_leads.is_converted then known_leads.converted_on end as converted_on,
        case when known_leads.is_converted then known_leads.account_id end as account_id,
        case when known_leads.is_converted then known_leads.deal_id end as deal_id
    from known_leads
    left join campaigns
        on known_leads.campaign_id = campaigns.campaign_id
    left join owners
        on known_leads.owner_id = owners.owner_id
    left join lead_response
        on known_leads.lead_id = lead_response.lead_id
)

select * from final

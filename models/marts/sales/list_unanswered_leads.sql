-- One row per lead of the last 180 days that nobody has touched for more than an hour of business hours: not converted, not closed, no
-- outbound activity. Expected: what a lead of its source brought in won deals, of the leads created one quarter to two years ago.
with leads as (select * from {{ ref('fct_leads') }}),

activities as (select * from {{ ref('fct_activities') }}),

deals as (select * from {{ ref('fct_deals') }}),

owners as (select * from {{ ref('dim_owners') }}),

run_context as (select * from {{ ref('int_run_context') }}),

touched as (
    select distinct lead_id
    from activities
    where lead_id is not null and coalesce(direction, 'outbound') = 'outbound'
),

sources as (
    select
        coalesce(leads.lead_source, 'unknown') as lead_source,
        count(*) as leads_count,
        {{ ratio('sum(case when leads.is_converted then 1 else 0 end)', 'count(*)') }} as conversion_ratio,
        {{ ratio('sum(case when deals.is_won then deals.amount_rpt else 0 end)', 'count(*)') }} as won_per_lead
    from leads
    cross join run_context
    left join deals
        on leads.deal_id = deals.deal_id
    where
        leads.created_on <= cast({{ dbt.dateadd('day', -90, 'run_context.as_of') }} as date)
        and leads.created_on > cast({{ dbt.dateadd('day', -730, 'run_context.as_of') }} as date)
    group by coalesce(leads.lead_source, 'unknown')
),

final as (
    select
        leads.lead_id,
        leads.company,
        leads.lead_source,
        leads.campaign_name,
        leads.owner_id,
        owners.name as owner_name,
        leads.region,
        leads.status,
        leads.created_at,
        leads.waiting_business_minutes,
        cast(sources.conversion_ratio as decimal(9, 6)) as source_conversion_ratio,
        {{ money('sources.won_per_lead') }} as expected_won_rpt,
        'waits ' || cast(floor(leads.waiting_business_minutes / 60) as integer) || ' business hours'
        || coalesce(', a lead of its source brings ' || cast({{ money('sources.won_per_lead') }} as varchar(30)), '') as reason
    from leads
    cross join run_context
    left join touched
        on leads.lead_id = touched.lead_id
    left join sources
        on coalesce(leads.lead_source, 'unknown') = sources.lead_source
    left join owners
        on leads.owner_id = owners.owner_id
    where
        leads.first_touch_at is null
        and touched.lead_id is null
        and not leads.is_converted
        and leads.created_on > cast({{ dbt.dateadd('day', -180, 'run_context.as_of') }} as date)
        and leads.waiting_business_minutes > 60
        and lower(coalesce(leads.status, '')) not like '%closed%'
        and lower(coalesce(leads.status, '')) not like '%unqualified%'
        and lower(coalesce(leads.status, '')) not like '%disqualified%'
)

select * from final

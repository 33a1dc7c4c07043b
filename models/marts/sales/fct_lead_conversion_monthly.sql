-- One row per month of creation, source and owner: leads, how fast they were answered, how many became deals so far, and how many of
-- those were won. A cohort: a young month is not finished.
with leads as (select * from {{ ref('fct_leads') }}),

deals as (select * from {{ ref('fct_deals') }}),

measured as (
    select
        {{ month_of('leads.created_on') }} as month_on,
        coalesce(leads.lead_source, 'unknown') as lead_source,
        coalesce(leads.owner_id, 'unknown') as owner_id,
        leads.region,
        leads.first_touch_at,
        leads.first_touch_business_minutes,
        leads.is_converted,
        coalesce(deals.is_won, false) as is_won,
        case when deals.is_won then deals.amount_rpt end as won_rpt
    from leads
    left join deals
        on leads.deal_id = deals.deal_id
),

final as (
    select
        month_on,
        lead_source,
        owner_id,
        region,
        cast(count(*) as integer) as leads_count,
        cast(count(first_touch_at) as integer) as answered_count,
        cast(sum(case when is_converted then 1 else 0 end) as integer) as converted_count,
        cast(sum(case when is_won then 1 else 0 end) as integer) as won_count,
        {{ money('coalesce(sum(won_rpt), 0)') }} as won_rpt,
        cast(median(first_touch_business_minutes) as decimal(18, 2)) as median_first_touch_business_minutes,
        cast({{ ratio('sum(case when is_converted then 1 else 0 end)', 'count(*)') }} as decimal(9, 6)) as conversion_ratio
    from measured
    group by month_on, lead_source, owner_id, region
)

select * from final

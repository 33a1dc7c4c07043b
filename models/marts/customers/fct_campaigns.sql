-- One row per campaign: spend, leads, and the pipeline it sourced or influenced. Sourced: it was the first touch of the deal's account
-- (or lead) and came before the deal was created. Influenced: it touched before the deal closed, or up to the as-of day. Influenced
-- amounts count a deal at each campaign that touched it, so they add up to more than there is: never add them. A campaign without
-- spend has no cost per lead, not one of zero.
with campaigns as (select * from {{ ref('int_campaigns') }}),

spend_months as (select * from {{ ref('int_campaign_spend_monthly') }}),

channels as (select * from {{ ref('marketing_channels') }}),

leads as (select * from {{ ref('fct_leads') }}),

deals as (select * from {{ ref('fct_deals') }}),

touches as (select * from {{ ref('int_touches') }}),

attribution as (select * from {{ ref('fct_attribution') }}),

run_context as (select * from {{ ref('int_run_context') }}),

spent as (
    select
        campaign_id,
        case when count(*) = count(spend_rpt) then sum(spend_rpt) end as spend_rpt,
        sum(clicks_count) as clicks_count
    from spend_months
    group by campaign_id
),

leads_of_campaigns as (
    select
        campaign_id,
        count(*) as leads_count,
        sum(case when is_converted then 1 else 0 end) as converted_count
    from leads
    where campaign_id is not null
    group by campaign_id
),

candidates as (
    {{ touches_of_deals() }}
),

deal_touches as (
    select
        candidates.deal_id,
        touches.campaign_id,
        deals.amount_rpt,
        deals.is_won,
        cast(touches.touched_at as date) < deals.created_on as is_before_creation,
        row_number() over (partition by candidates.deal_id order by touches.touched_at, touches.touch_id) as place
    from candidates
    inner join deals
        on candidates.deal_id = deals.deal_id
    inner join touches
        on candidates.touch_id = touches.touch_id
    cross join run_context
    where cast(touches.touched_at as date) <= coalesce(deals.closed_on, run_context.as_of)
),

influenced as (
    select
        campaign_id,
        sum(amount_rpt) as influenced_rpt,
        sum(sourced_rpt) as sourced_rpt,
        sum(sourced_won_rpt) as sourced_won_rpt
    from (
        select
            campaign_id,
            deal_id,
            max(amount_rpt) as amount_rpt,
            max(case when place = 1 and is_before_creation then amount_rpt else 0 end) as sourced_rpt,
            max(case when place = 1 and is_before_creation and is_won then amount_rpt else 0 end) as sourced_won_rpt
        from deal_touches
        where campaign_id is not null
        group by campaign_id, deal_id
    ) as deals_of_campaigns
    group by campaign_id
),

won as (
    select
        campaign_id,
        sum(case when model = 'first' then attributed_rpt else 0 end) as won_first_rpt,
        sum(case when model = 'last' then attributed_rpt else 0 end) as won_last_rpt,
        sum(case when model = 'linear' then attributed_rpt else 0 end) as won_linear_rpt,
        sum(case when model = 'position' then attributed_rpt else 0 end) as won_position_rpt,
        sum(case when model = 'linear' then weight_ratio else 0 end) as won_deals_weight
    from attribution
    where campaign_id is not null
    group by campaign_id
),

final as (
    select
        campaigns.campaign_id,
        campaigns.source_system,
        campaigns.source_id,
        campaigns.name as campaign_name,
        coalesce(campaigns.channel, 'unknown') as channel,
        coalesce(channels.is_paid, false) as is_paid,
        campaigns.started_on,
        campaigns.ended_on,
        {{ money('spent.spend_rpt') }} as spend_rpt,
        cast(spent.clicks_count as integer) as clicks_count,
        cast(coalesce(leads_of_campaigns.leads_count, 0) as integer) as leads_count,
        cast(coalesce(leads_of_campaigns.converted_count, 0) as integer) as converted_leads_count,
        {{ part_of('spent.spend_rpt', '1', 'leads_of_campaigns.leads_count') }} as cost_per_lead_rpt,
        {{ money('coalesce(influenced.sourced_rpt, 0)') }} as sourced_pipeline_rpt,
        {{ money('coalesce(influenced.sourced_won_rpt, 0)') }} as sourced_won_rpt,
        {{ money('coalesce(influenced.influenced_rpt, 0)') }} as influenced_pipeline_rpt,
        {{ money('coalesce(won.won_first_rpt, 0)') }} as won_first_rpt,
        {{ money('coalesce(won.won_last_rpt, 0)') }} as won_last_rpt,
        {{ money('coalesce(won.won_linear_rpt, 0)') }} as won_linear_rpt,
        {{ money('coalesce(won.won_position_rpt, 0)') }} as won_position_rpt,
        cast(coalesce(won.won_deals_weight, 0) as decimal(18, 6)) as won_deals_weight
    from campaigns
    left join spent
        on campaigns.campaign_id = spent.campaign_id
    left join channels
        on lower(campaigns.channel) = channels.channel
    left join leads_of_campaigns
        on campaigns.campaign_id = leads_of_campaigns.campaign_id
    left join influenced
        on campaigns.campaign_id = influenced.campaign_id
    left join won
        on campaigns.campaign_id = won.campaign_id
)

select * from final

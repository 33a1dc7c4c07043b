-- One row per deal. Leaves out archived ones. Won and closed are what the stage says in its pipeline, never what it is called; where
-- the stage is gone, what the deal says of itself. Days are the account's own. An amount without a currency is in the account's.
with deals as (select * from {{ source('raw', 'hubspot_deal') }}),

stages as (
    select
        source_system as stage_source_system,
        pipeline_id as stage_pipeline_id,
        stage_id as pipeline_stage_id,
        pipeline,
        stage,
        is_closed,
        probability as stage_probability
    from {{ source('raw', 'hubspot_deal_stage') }}
)

select
    deals.id as deal_id,
    deals.company_id as account_id,
    deals.owner_id,
    deals.entity_id,
    deals.name,
    coalesce(stages.pipeline, deals.pipeline_id) as pipeline,
    coalesce(stages.stage, deals.stage_id) as stage,
    deals.amount_doc,
    coalesce(deals.currency, deals.account_currency) as currency,
    cast(deals.probability as decimal(9, 6)) as probability_ratio,
    case lower(deals.deal_type)
        when 'newbusiness' then 'new_business'
        when 'existingbusiness' then 'expansion'
        else deals.deal_type
    end as deal_type,
    deals.lead_source,
    deals.campaign_id,
    {{ day_in_zone('deals.created_at', 'deals.time_zone') }} as created_on,
    {{ day_in_zone('deals.closes_at', 'deals.time_zone') }} as closed_on,
    coalesce(stages.is_closed and stages.stage_probability = 1, deals.is_closed_won, false) as is_won,
    coalesce(stages.is_closed, deals.is_closed, deals.is_closed_won, false) as is_closed,
    deals.lost_reason,
    deals.next_step,
    deals.merged_into_id,
    deals.updated_at,
    {{ lineage() }}
from deals
left join stages
    on
        deals.source_system = stages.stage_source_system
        and deals.pipeline_id = stages.stage_pipeline_id
        and deals.stage_id = stages.pipeline_stage_id
where not deals.is_archived

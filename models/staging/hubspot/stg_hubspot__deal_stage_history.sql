-- One row per deal and moment at which its stage, amount, probability or close date changed, with all four as they were from then
-- on. Each has a list of its own in HubSpot. Leaves out archived deals, and moments before a deal had a stage.
with deals as (select * from {{ source('raw', 'hubspot_deal') }} where not is_archived),

stages as (
    select
        source_system as stage_source_system,
        stage_id as pipeline_stage_id,
        max(stage) as stage
    from {{ source('raw', 'hubspot_deal_stage') }}
    group by source_system, stage_id
),

users as (
    select
        source_system as user_source_system,
        user_id,
        max(id) as owner_id
    from {{ source('raw', 'hubspot_owner') }}
    where user_id is not null
    group by source_system, user_id
),

versions as (
    select
        id,
        'stage_id' as kind,
        {{ json_elements('stage_history', ['value', 'timestamp', 'updatedByUserId']) }} as version
    from deals
    where stage_history is not null
    union all
    select
        id,
        'amount' as kind,
        {{ json_elements('amount_history', ['value', 'timestamp', 'updatedByUserId']) }} as version
    from deals
    where amount_history is not null
    union all
    select
        id,
        'probability' as kind,
        {{ json_elements('probability_history', ['value', 'timestamp', 'updatedByUserId']) }} as version
    from deals
    where probability_history is not null
    union all
    select
        id,
        'closes_at' as kind,
        {{ json_elements('close_history', ['value', 'timestamp', 'updatedByUserId']) }} as version
    from deals
    where close_history is not null
),

-- An emptied value is a change too: an empty text, unlike null, stands until the next one.
moments as (
    select
        id,
        cast(version.timestamp as timestamp) as changed_at,
        max(version.updatedbyuserid) as user_id,
        max(case when kind = 'stage_id' then coalesce(version.value, '') end) as stage_id,
        max(case when kind = 'amount' then coalesce(version.value, '') end) as amount,
        max(case when kind = 'probability' then coalesce(version.value, '') end) as probability,
        max(case when kind = 'closes_at' then coalesce(version.value, '') end) as closes_at
    from versions
    group by id, cast(version.timestamp as timestamp)
),

filled as (
    select
        id,
        changed_at,
        user_id,
        last_value(stage_id ignore nulls) over (
            partition by id order by changed_at rows between unbounded preceding and current row
        ) as stage_id,
        last_value(amount ignore nulls) over (
            partition by id order by changed_at rows between unbounded preceding and current row
        ) as amount,
        last_value(probability ignore nulls) over (
            partition by id order by changed_at rows between unbounded preceding and current row
        ) as probability,
        last_value(closes_at ignore nulls) over (
            partition by id order by changed_at rows between unbounded preceding and current row
        ) as closes_at
    from moments
),

typed as (
    select
        id,
        changed_at,
        user_id,
        nullif(stage_id, '') as stage_id,
        {{ dbt.safe_cast('amount', 'decimal(18, 2)') }} as amount_doc,
        {{ dbt.safe_cast('probability', 'decimal(9, 6)') }} as probability_ratio,
        {{ dbt.safe_cast('closes_at', 'timestamp') }} as closes_at
    from filled
)

select
    deals.id || '|' || cast(typed.changed_at as varchar) as deal_stage_history_id,
    deals.id as deal_id,
    typed.changed_at,
    coalesce(stages.stage, typed.stage_id) as stage,
    typed.amount_doc,
    typed.probability_ratio,
    {{ day_in_zone('typed.closes_at', 'deals.time_zone') }} as expected_close_on,
    users.owner_id as changed_by_id,
    deals.source_system,
    deals.source_id || '|' || cast(typed.changed_at as varchar) as source_id,
    deals.batch_id,
    deals.batch_row,
    deals.loaded_at
from typed
inner join deals on typed.id = deals.id
left join stages on deals.source_system = stages.stage_source_system and typed.stage_id = stages.pipeline_stage_id
left join users on deals.source_system = users.user_source_system and typed.user_id = users.user_id
where typed.stage_id is not null

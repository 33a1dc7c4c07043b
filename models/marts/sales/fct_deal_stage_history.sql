-- One row per recorded change of a deal up to the as-of day, with how long the recorded state lasted. Leaves out merged deals.
with stage_history as (select * from {{ ref('int_deal_stage_history') }}),

deals as (select * from {{ ref('fct_deals') }}),

run_context as (select * from {{ ref('int_run_context') }}),

changes as (
    select
        stage_history.deal_stage_history_id,
        stage_history.source_system,
        stage_history.source_id,
        stage_history.deal_id,
        deals.owner_id,
        deals.entity_id,
        deals.region,
        deals.segment,
        deals.pipeline,
        stage_history.stage,
        lag(stage_history.stage) over (
            partition by stage_history.deal_id order by stage_history.changed_at, stage_history.deal_stage_history_id
        ) as previous_stage,
        stage_history.changed_at as entered_at,
        lead(stage_history.changed_at) over (
            partition by stage_history.deal_id order by stage_history.changed_at, stage_history.deal_stage_history_id
        ) as exited_at,
        stage_history.amount_doc,
        deals.currency,
        case when stage_history.probability_ratio between 0 and 1 then stage_history.probability_ratio end as probability_ratio,
        stage_history.expected_close_on,
        stage_history.changed_by_id,
        run_context.as_of,
        deals.is_closed
    from stage_history
    inner join deals
        on stage_history.deal_id = deals.deal_id
    cross join run_context
    where cast(stage_history.changed_at as date) <= run_context.as_of
),

final as (
    select
        deal_stage_history_id,
        source_system,
        source_id,
        deal_id,
        owner_id,
        entity_id,
        region,
        segment,
        pipeline,
        stage,
        previous_stage,
        entered_at,
        exited_at,
        case
            when exited_at is not null or not is_closed
                then cast(
                    {{ dbt.datediff('cast(entered_at as date)', 'coalesce(cast(exited_at as date), as_of)', 'day') }} as integer
                )
        end as stage_days,
        amount_doc,
        currency,
        probability_ratio,
        expected_close_on,
        changed_by_id
    from changes
)

select * from final

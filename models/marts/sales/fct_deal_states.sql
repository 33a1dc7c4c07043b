-- One row per deal and span of days in which its recorded state held; merged and deleted deals too, until they were. The event
-- rows behind sales.pipeline_on(day), which answers with what was recorded by then.
{{ config(post_hook=["{{ publish_table_macro(this, 'pipeline_on', pipeline_on()) }}"]) }}

with states as (select * from {{ ref('int_deal_states') }}),

profiles as (select * from {{ ref('int_deal_profiles') }}),

final as (
    select
        states.deal_id,
        states.valid_from_on,
        states.valid_to_on,
        profiles.source_system,
        profiles.source_id,
        profiles.account_id,
        profiles.party_id,
        profiles.owner_id,
        profiles.entity_id,
        coalesce(profiles.pipeline, 'unknown') as pipeline,
        states.stage,
        states.outcome,
        profiles.deal_type,
        profiles.lead_source,
        profiles.region,
        profiles.segment,
        states.currency,
        states.amount_doc,
        states.amount_rpt,
        states.probability_ratio,
        states.expected_close_on,
        profiles.merged_into_id
    from states
    inner join profiles
        on states.deal_id = profiles.deal_id
)

select * from final

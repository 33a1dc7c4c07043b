-- One row per deal that the CRM has deleted and span of days in which a published version showed it; the last span is its absence.
-- Only published versions remember such a deal: it was open in one and its source no longer has it. It is taken to be gone since
-- the first later version that did not show it, else since the as-of day.
with pipeline_history as (select * from {{ source('raw', 'pipeline_history') }}),

deals as (select * from {{ ref('int_deals') }}),

run_context as (select * from {{ ref('int_run_context') }}),

-- The last version of a day speaks for it.
shown as (
    select
        pipeline_history.*,
        row_number() over (
            partition by pipeline_history.deal_id, pipeline_history.as_of
            order by pipeline_history.known_at desc, pipeline_history.version desc
        ) as place
    from pipeline_history
    cross join run_context
    left join deals
        on pipeline_history.deal_id = deals.deal_id
    where deals.deal_id is null and pipeline_history.as_of <= run_context.as_of
),

days as (
    select
        deal_id,
        source_system,
        source_id,
        account_id,
        owner_id,
        entity_id,
        pipeline,
        stage,
        deal_type,
        lead_source,
        currency,
        amount_doc,
        amount_rpt,
        probability_ratio,
        expected_close_on,
        created_on,
        as_of,
        lag(as_of) over (partition by deal_id order by as_of) as previous_on,
        lead(as_of) over (partition by deal_id order by as_of) as next_on,
        max(as_of) over (partition by deal_id) as last_on
    from shown
    where place = 1
),

deletions as (
    select
        days.deal_id,
        coalesce(min(pipeline_history.as_of), min(run_context.as_of)) as deleted_on
    from days
    cross join run_context
    left join pipeline_history
        on days.last_on < pipeline_history.as_of and run_context.as_of >= pipeline_history.as_of
    group by days.deal_id
),

final as (
    select
        days.deal_id,
        days.source_system,
        days.source_id,
        days.account_id,
        days.owner_id,
        days.entity_id,
        days.pipeline,
        days.stage,
        days.deal_type,
        days.lead_source,
        days.currency,
        days.amount_doc,
        days.amount_rpt,
        days.probability_ratio,
        days.expected_close_on,
        days.created_on,
        case when days.previous_on is null then days.created_on else days.as_of end as valid_from_on,
        coalesce(days.next_on, deletions.deleted_on) as valid_to_on,
        true as is_open
    from days
    inner join deletions
        on days.deal_id = deletions.deal_id
    where coalesce(days.next_on, deletions.deleted_on) > case when days.previous_on is null then days.created_on else days.as_of end
    union all
    select
        days.deal_id,
        days.source_system,
        days.source_id,
        days.account_id,
        days.owner_id,
        days.entity_id,
        days.pipeline,
        'deleted' as stage,
        days.deal_type,
        days.lead_source,
        days.currency,
        days.amount_doc,
        days.amount_rpt,
        null as probability_ratio,
        null as expected_close_on,
        days.created_on,
        deletions.deleted_on as valid_from_on,
        null as valid_to_on,
        false as is_open
    from days
    inner join deletions
        on days.deal_id = deletions.deal_id
    where days.next_on is null
)

select * from final

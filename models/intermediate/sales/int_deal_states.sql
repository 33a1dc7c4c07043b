-- One row per deal and span of days in which its recorded state held; `valid_to_on` is the first day after (null: until now).
-- Leaves out deals created after the as-of day and what is dated after it. Days are UTC days. A merged deal ends on the day of its
-- last change (without one it is left out), a deleted one as int_deleted_deals says: before, they were in the pipeline like others.
-- The record decides when a deal closed (sales often book the stage later); before that, the stage history decides. A probability
-- outside of 0 to 1 is no probability (fct_doubtful_rows lists it): it is unknown, never a hundred times too much.
{{ config(materialized='table') }}

with deals as (select * from {{ ref('int_deals') }}),

stage_history as (select * from {{ ref('int_deal_stage_history') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

deleted_deals as (select * from {{ ref('int_deleted_deals') }}),

-- A stage is a closed one when every deal that is in it now is closed: systems do not say so in their history.
stage_outcomes as (
    select
        source_system,
        stage,
        min(case when is_closed then 1 else 0 end) = 1 as is_closed_stage,
        min(case when is_won then 1 else 0 end) = 1 as is_won_stage
    from deals
    group by source_system, stage
),

current_deals as (
    select
        deals.*,
        case
            when deals.merged_into_id is not null then greatest(cast(deals.updated_at as date), deals.created_on)
        end as merged_on,
        run_context.as_of
    from deals
    cross join run_context
    where
        deals.created_on <= run_context.as_of
        and (deals.merged_into_id is null or deals.updated_at is not null)
),

-- Changes before the creation day count on it.
changes as (
    select
        stage_history.deal_id,
        stage_history.stage,
        stage_history.amount_doc,
        case when stage_history.probability_ratio between 0 and 1 then stage_history.probability_ratio end as probability_ratio,
        stage_history.expected_close_on,
        greatest(cast(stage_history.changed_at as date), current_deals.created_on) as day_on,
        coalesce(stage_outcomes.is_closed_stage, false) as is_closed_stage,
        coalesce(stage_outcomes.is_won_stage, false) as is_won_stage,
        row_number() over (
            partition by stage_history.deal_id order by stage_history.changed_at, stage_history.deal_stage_history_id
        ) as change_no
    from stage_history
    inner join current_deals
        on stage_history.deal_id = current_deals.deal_id
    left join stage_outcomes
        on stage_history.source_system = stage_outcomes.source_system and stage_history.stage = stage_outcomes.stage
),

change_bounds as (
    select
        deal_id,
        max(day_on) as last_day_on,
        coalesce(max(case when not is_closed_stage then change_no end), 0) as last_open_no
    from changes
    group by deal_id
),

-- Where the record has no close date, the first of the last changes into a closed stage gives it.
closing_changes as (
    select
        changes.deal_id,
        min(changes.day_on) as closed_day_on
    from changes
    inner join change_bounds
        on changes.deal_id = change_bounds.deal_id
    where changes.change_no > change_bounds.last_open_no
    group by changes.deal_id
),

bounded_deals as (
    select
        current_deals.*,
        change_bounds.last_day_on,
        change_bounds.last_open_no,
        case
            when current_deals.is_closed
                then greatest(
                    coalesce(
                        current_deals.closed_on, closing_changes.closed_day_on,
                        cast(current_deals.updated_at as date), current_deals.created_on
                    ),
                    current_deals.created_on
                )
        end as closing_on
    from current_deals
    left join change_bounds
        on current_deals.deal_id = change_bounds.deal_id
    left join closing_changes
        on current_deals.deal_id = closing_changes.deal_id
),

events as (
    -- From creation to the first recorded change holds what that change shows: nothing older is known.
    select
        bounded_deals.deal_id,
        bounded_deals.created_on as day_on,
        0 as event_no,
        case when changes.is_closed_stage then 'unknown' else coalesce(changes.stage, 'unknown') end as stage,
        changes.amount_doc,
        case when not changes.is_closed_stage then changes.probability_ratio end as probability_ratio,
        case when not changes.is_closed_stage then changes.expected_close_on end as expected_close_on,
        true as is_open,
        false as is_won
    from bounded_deals
    left join changes
        on bounded_deals.deal_id = changes.deal_id and changes.change_no = 1
    union all
    select
        changes.deal_id,
        changes.day_on,
        changes.change_no as event_no,
        changes.stage,
        changes.amount_doc,
        changes.probability_ratio,
        changes.expected_close_on,
        not changes.is_closed_stage as is_open,
        changes.is_won_stage as is_won
    from changes
    inner join bounded_deals
        on changes.deal_id = bounded_deals.deal_id
    where
        bounded_deals.closing_on is null
        or (changes.day_on < bounded_deals.closing_on and changes.change_no <= bounded_deals.last_open_no)
    union all
    -- The record itself: the last word on a deal, open since its last recorded change or closed on its day.
    select
        deal_id,
        coalesce(closing_on, last_day_on, created_on) as day_on,
        1000000 as event_no,
        stage,
        amount_doc,
        case when not is_closed and probability_ratio between 0 and 1 then probability_ratio end as probability_ratio,
        case when not is_closed then closed_on end as expected_close_on,
        not is_closed as is_open,
        is_closed and is_won as is_won
    from bounded_deals
    union all
    select
        deal_id,
        merged_on as day_on,
        2000000 as event_no,
        'merged' as stage,
        null as amount_doc,
        null as probability_ratio,
        null as expected_close_on,
        false as is_open,
        false as is_won
    from bounded_deals
    where merged_on is not null
),

known_events as (
    select events.*
    from events
    inner join bounded_deals
        on events.deal_id = bounded_deals.deal_id
    where bounded_deals.merged_on is null or events.day_on <= bounded_deals.merged_on
),

-- A change that does not repeat the amount or the close date leaves them as they were.
numbered as (
    select
        known_events.*,
        count(amount_doc) over span as amount_no,
        count(expected_close_on) over span as close_no,
        row_number() over (partition by deal_id, day_on order by event_no desc) as place_in_day
    from known_events
    window span as (partition by deal_id order by event_no rows between unbounded preceding and current row)
),

filled as (
    select
        deal_id,
        day_on,
        event_no,
        place_in_day,
        stage,
        probability_ratio,
        is_open,
        is_won,
        max(amount_doc) over (partition by deal_id, amount_no) as amount_doc,
        max(expected_close_on) over (partition by deal_id, close_no) as expected_close_on
    from numbered
),

-- The last change of a day is the day's.
carried as (
    select
        filled.*,
        lead(day_on) over (partition by deal_id order by day_on) as next_day_on
    from filled
    where place_in_day = 1
),

states as (
    select
        carried.deal_id,
        bounded_deals.currency,
        carried.day_on as valid_from_on,
        case when carried.next_day_on <= bounded_deals.as_of then carried.next_day_on end as valid_to_on,
        carried.stage,
        coalesce(carried.amount_doc, bounded_deals.amount_doc) as amount_doc,
        carried.probability_ratio,
        case when carried.is_open then carried.expected_close_on end as expected_close_on,
        carried.is_open,
        carried.is_won,
        case
            when carried.event_no = 2000000 then 'merged'
            when carried.is_open then 'open'
            when carried.is_won then 'won'
            else 'lost'
        end as outcome,
        -- One rate per deal while it is open, so that the pipeline moves with the deals and not with the market.
        case when carried.is_open then bounded_deals.created_on else carried.day_on end as rate_on
    from carried
    inner join bounded_deals
        on carried.deal_id = bounded_deals.deal_id
    where carried.day_on <= bounded_deals.as_of
),

final as (
    select
        states.deal_id,
        states.currency,
        states.valid_from_on,
        states.valid_to_on,
        states.stage,
        states.amount_doc,
        case
            when states.currency = run_context.reporting_currency then states.amount_doc
            else {{ converted('states.amount_doc', 'reporting_rates.rate') }}
        end as amount_rpt,
        states.probability_ratio,
        states.expected_close_on,
        states.is_open,
        states.is_won,
        states.outcome
    from states
    cross join run_context
    left join reporting_rates
        on states.currency = reporting_rates.currency and states.rate_on = reporting_rates.rate_on
    union all
    select
        deal_id,
        currency,
        valid_from_on,
        valid_to_on,
        stage,
        amount_doc,
        amount_rpt,
        probability_ratio,
        expected_close_on,
        is_open,
        false as is_won,
        case when is_open then 'open' else 'deleted' end as outcome
    from deleted_deals
)

select * from final

-- One row per method, pipeline, stage and band of probability: how often deals of that probability were won. A deal counts once per
-- stage, with what was said on the day it first entered it; deals still open are counted apart, because nobody knows yet.
with visits as (select * from {{ ref('int_stage_visits') }}),

states as (select * from {{ ref('int_deal_states') }}),

calibration as (select * from {{ ref('int_stage_calibration') }}),

first_entries as (
    select
        deal_id,
        source_system,
        pipeline,
        stage,
        outcome,
        stage_no,
        min(entered_on) as entered_on
    from visits
    where outcome in ('open', 'won', 'lost')
    group by deal_id, source_system, pipeline, stage, stage_no, outcome
),

-- Day by day first: a range over every deal would meet every stage's whole history.
entry_days as (
    select distinct
        source_system,
        pipeline,
        stage,
        entered_on
    from first_entries
),

said_on_days as (
    select
        entry_days.source_system,
        entry_days.pipeline,
        entry_days.stage,
        entry_days.entered_on,
        calibration.calibrated_probability_ratio
    from entry_days
    inner join calibration
        on
            entry_days.source_system = calibration.source_system
            and entry_days.pipeline = calibration.pipeline
            and entry_days.stage = calibration.stage
            and entry_days.entered_on >= calibration.valid_from_on
            and (calibration.valid_to_on is null or entry_days.entered_on < calibration.valid_to_on)
),

said as (
    select
        'crm_probability' as method,
        first_entries.pipeline,
        first_entries.stage,
        first_entries.stage_no,
        first_entries.outcome,
        states.amount_rpt,
        cast(states.probability_ratio as decimal(9, 6)) as probability
    from first_entries
    inner join states
        on first_entries.deal_id = states.deal_id and first_entries.entered_on = states.valid_from_on
    union all
    select
        'own_history' as method,
        first_entries.pipeline,
        first_entries.stage,
        first_entries.stage_no,
        first_entries.outcome,
        states.amount_rpt,
        cast(said_on_days.calibrated_probability_ratio as decimal(9, 6)) as probability
    from first_entries
    inner join states
        on first_entries.deal_id = states.deal_id and first_entries.entered_on = states.valid_from_on
    inner join said_on_days
        on
            first_entries.source_system = said_on_days.source_system
            and first_entries.pipeline = said_on_days.pipeline
            and first_entries.stage = said_on_days.stage
            and first_entries.entered_on = said_on_days.entered_on
),

banded as (
    select
        said.*,
        case when outcome <> 'open' then 1 else 0 end as is_known,
        case when outcome = 'won' then 1 else 0 end as won,
        least(cast(floor(probability * 10) as integer), 9) as band_no
    from said
    where probability is not null
),

final as (
    select
        method,
        pipeline,
        stage,
        cast(stage_no as integer) as stage_no,
        cast(cast(band_no as double) / 10 as decimal(9, 6)) as from_probability_ratio,
        cast(sum(is_known) as integer) as deals_count,
        cast(count(*) - sum(is_known) as integer) as open_deals_count,
        cast(sum(case when is_known = 1 then probability else 0 end) as decimal(18, 6)) as expected_wins_count,
        cast(sum(won) as integer) as won_count,
        cast({{ ratio('sum(case when is_known = 1 then probability else 0 end)', 'sum(is_known)') }} as decimal(9, 6))
            as expected_win_ratio,
        cast({{ ratio('sum(won)', 'sum(is_known)') }} as decimal(9, 6)) as win_ratio,
        cast(sum(case when is_known = 1 then (probability - won) * (probability - won) else 0 end) as decimal(18, 6)) as squared_error,
        {{ money('coalesce(sum(case when is_known = 1 then amount_rpt * probability end), 0)') }} as expected_rpt,
        {{ money('coalesce(sum(case when won = 1 then amount_rpt end), 0)') }} as won_rpt
    from banded
    group by method, pipeline, stage, stage_no, band_no
)

select * from final

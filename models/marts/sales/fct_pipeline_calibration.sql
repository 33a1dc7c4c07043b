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

said as (
    select
        'crm_probability' as method,
        first_entries.pipeline,
        first_entries.stage,
        first_entries.stage_no,
        first_entries.outcome,
        states.amount_rpt,
        cast(states.probability_ratio as double) as probability
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
        cast(calibration.calibrated_probability_ratio as double) as probability
    from first_entries
    inner join states
        on first_entries.deal_id = states.deal_id and first_entries.entered_on = states.valid_from_on
    inner join calibration
        on
            first_entries.source_system = calibration.source_system
            and first_entries.pipeline = calibration.pipeline
            and first_entries.stage = calibration.stage
            and first_entries.entered_on >= calibration.valid_from_on
            and (calibration.valid_to_on is null or first_entries.entered_on < calibration.valid_to_on)
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
        {{ money('coalesce(sum(case when is_known = 1 then cast(amount_rpt as double) * probability end), 0)') }} as expected_rpt,
        {{ money('coalesce(sum(case when won = 1 then amount_rpt end), 0)') }} as won_rpt
    from banded
    group by method, pipeline, stage, stage_no, band_no
)

select * from final

-- One row per pipeline, stage and quarter in which deals first entered it: how many went on to a later stage or were won, and how
-- long they stayed. A deal that skips a stage never entered it; one that comes back counts once. Young quarters are not finished:
-- their deals that are open and have not moved on are counted apart.
with visits as (select * from {{ ref('int_stage_visits') }}),

entries as (
    select
        deal_id,
        pipeline,
        stage,
        stage_no,
        outcome,
        min(entered_on) as entered_on
    from visits
    where outcome in ('open', 'won', 'lost')
    group by deal_id, pipeline, stage, stage_no, outcome
),

furthest as (
    select
        deal_id,
        max(stage_no) as furthest_no
    from visits
    group by deal_id
),

-- Days of each stay that has ended; a deal's several stays add up.
stays as (
    select
        deal_id,
        pipeline,
        stage,
        sum({{ dbt.datediff('entered_on', 'left_on', 'day') }}) as days
    from visits
    group by deal_id, pipeline, stage
    having count(*) = count(left_on)
),

measured as (
    select
        entries.pipeline,
        entries.stage,
        entries.stage_no,
        cast({{ dbt.date_trunc('quarter', 'entries.entered_on') }} as date) as quarter_on,
        entries.outcome,
        furthest.furthest_no > entries.stage_no or entries.outcome = 'won' as is_converted,
        stays.days
    from entries
    inner join furthest
        on entries.deal_id = furthest.deal_id
    left join stays
        on entries.deal_id = stays.deal_id and entries.pipeline = stays.pipeline and entries.stage = stays.stage
),

final as (
    select
        pipeline,
        stage,
        cast(stage_no as integer) as stage_no,
        quarter_on,
        cast(count(*) as integer) as entered_count,
        cast(sum(case when is_converted then 1 else 0 end) as integer) as converted_count,
        cast(sum(case when outcome = 'won' then 1 else 0 end) as integer) as won_count,
        cast(sum(case when outcome = 'lost' then 1 else 0 end) as integer) as lost_count,
        cast(sum(case when outcome = 'open' and not is_converted then 1 else 0 end) as integer) as undecided_count,
        cast({{ ratio('sum(case when is_converted then 1 else 0 end)', 'count(*)') }} as decimal(9, 6)) as conversion_ratio,
        cast(median(days) as decimal(18, 2)) as median_days,
        cast({{ percentile('days', 0.8) }} as decimal(18, 2)) as p80_days
    from measured
    group by pipeline, stage, stage_no, quarter_on
)

select * from final

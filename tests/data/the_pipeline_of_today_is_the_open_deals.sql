-- A returned row is a deal that is open but not in the pipeline of the as-of day as it stands, or the other way round.
with run_context as (select * from {{ ref('int_run_context') }}),

open_deals as (
    select *
    from {{ ref('fct_deals') }}
    where is_open
),

pipeline as (
    select pipeline_daily.*
    from {{ ref('fct_pipeline_daily') }} as pipeline_daily
    inner join run_context
        on pipeline_daily.date_on = run_context.as_of
)

select
    open_deals.deal_id,
    open_deals.stage,
    open_deals.amount_rpt,
    open_deals.weighted_rpt,
    pipeline.deal_id as pipeline_deal_id,
    pipeline.stage as pipeline_stage,
    pipeline.amount_rpt as pipeline_amount_rpt,
    pipeline.weighted_rpt as pipeline_weighted_rpt
from open_deals
full outer join pipeline
    on open_deals.deal_id = pipeline.deal_id
where
    open_deals.deal_id is null
    or pipeline.deal_id is null
    or open_deals.stage <> pipeline.stage
    or coalesce(open_deals.amount_rpt, -1) <> coalesce(pipeline.amount_rpt, -1)
    or coalesce(open_deals.weighted_rpt, -1) <> coalesce(pipeline.weighted_rpt, -1)

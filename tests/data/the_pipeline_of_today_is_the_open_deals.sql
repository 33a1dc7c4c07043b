-- A returned row is a difference between the pipeline of the as-of day and the deals that are open on it.
with run_context as (select * from {{ ref('int_run_context') }}),

open_deals as (select
    deal_id,
    amount_rpt,
    weighted_rpt,
    stage
from {{ ref('fct_deals') }} where is_open),

pipeline as (
    select
        pipeline_daily.deal_id,
        pipeline_daily.amount_rpt,
        pipeline_daily.weighted_rpt,
        pipeline_daily.stage
    from {{ ref('fct_pipeline_daily') }} as pipeline_daily
    inner join run_context
        on pipeline_daily.date_on = run_context.as_of
)

(select
    'pipeline only' as side,
    *
from pipeline except select
    'pipeline only' as side,
    *
from open_deals)
union all
(select
    'open deals only' as side,
    *
from open_deals except select
    'open deals only' as side,
    *
from pipeline)

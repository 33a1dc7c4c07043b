-- One row per method, weekly origin of the last year, entity, layer and week after it: what the projection of that day would
-- have expected, and what came. Nothing that was learned later is used: open amounts, due dates, habits of paying, weights and
-- corrections of bands are those of the day. Only weeks that have passed. Layers receivables and payables: documents open on the
-- day, settled by payment. not_yet_invoiced and not_yet_billed: documents issued after it, judged every fourth week; purchase_orders: the
-- part of not_yet_billed that was on order on the day. Positive is cash in; both sides at the as-of day's rates, so that no error is one
-- of currency.
with accuracy as (select * from {{ ref('int_cash_accuracy') }}),

run_context as (select * from {{ ref('int_run_context') }}),

signed as (
    select
        accuracy.*,
        case when accuracy.layer in ('payables', 'not_yet_billed', 'purchase_orders') then -1 else 1 end as sign
    from accuracy
    cross join run_context
    where accuracy.origin_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
)

select
    method,
    origin_on as projected_on,
    entity_id,
    layer,
    week_no,
    {{ money('sign * projected') }} as projected_rpt,
    {{ money('sign * actual') }} as actual_rpt,
    {{ money(money('sign * projected') ~ ' - ' ~ money('sign * actual')) }} as error_rpt,
    {{ money('abs(' ~ money('sign * projected') ~ ' - ' ~ money('sign * actual') ~ ')') }} as absolute_error_rpt,
    is_chosen,
    {{ money('sign * total_projected') }} as total_projected_rpt,
    {{ money('sign * total_actual') }} as total_actual_rpt,
    {{ money('sign * naive') }} as naive_rpt,
    {{ money('case when sign > 0 then band_low else -band_high end') }} as p10_rpt,
    {{ money('sign * band_middle') }} as p50_rpt,
    {{ money('case when sign > 0 then band_high else -band_low end') }} as p90_rpt,
    {{ money('case when sign > 0 then total_band_low else -total_band_high end') }} as total_p10_rpt,
    {{ money('case when sign > 0 then total_band_high else -total_band_low end') }} as total_p90_rpt,
    actual between band_low and band_high as is_in_band,
    total_actual between total_band_low and total_band_high as is_total_in_band,
    drawn_low <= actual and actual <= drawn_high as is_in_uncorrected_band
from signed

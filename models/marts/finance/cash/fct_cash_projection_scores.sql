-- One row per method, layer and horizon in weeks, and one per method and layer for the first four weeks (horizon `1-4`) and for
-- all thirteen (`1-13`): how well it would have done over the origins of the last year. Ratios are sums over sums. MASE is the
-- absolute error over that of the same week a year before; pinball is the mean loss of the band's quantiles.
with accuracy as (select * from {{ ref('fct_cash_projection_accuracy') }}),

horizons as (
    select
        accuracy.*,
        cast(week_no + 1 as varchar) as horizon
    from accuracy
    union all
    select
        accuracy.*,
        '1-4' as horizon
    from accuracy
    where week_no < 4
    union all
    select
        accuracy.*,
        '1-13' as horizon
    from accuracy
),

totals as (
    select
        method,
        layer,
        horizon,
        sum(case when week_no = 3 then abs(total_projected_rpt - total_actual_rpt) end) as total_error_rpt,
        sum(case when week_no = 3 then abs(total_actual_rpt) end) as total_actual_rpt
    from horizons
    where horizon = '1-4'
    group by method, layer, horizon
),

summed as (
    select
        method,
        bool_or(is_chosen) as is_chosen,
        layer,
        horizon,
        count(distinct projected_on) as origins_count,
        count(*) as forecasts_count,
        sum(abs(actual_rpt)) as actual_rpt,
        sum(error_rpt * case when layer in ('payables', 'not_yet_billed', 'purchase_orders') then -1 else 1 end) as error_rpt,
        sum(absolute_error_rpt) as absolute_error_rpt,
        sum(abs(naive_rpt - actual_rpt)) as naive_error_rpt,
        sum(case when is_in_band then 1 when not is_in_band then 0 end) as in_band_count,
        sum(case when is_total_in_band then 1 when not is_total_in_band then 0 end) as total_in_band_count,
        sum(case when is_in_uncorrected_band then 1 when not is_in_uncorrected_band then 0 end) as in_uncorrected_band_count,
        count(is_in_band) as bands_count,
        sum(greatest(0.1 * (actual_rpt - p10_rpt), -0.9 * (actual_rpt - p10_rpt))) as p10_loss_rpt,
        sum(greatest(0.5 * (actual_rpt - p50_rpt), -0.5 * (actual_rpt - p50_rpt))) as p50_loss_rpt,
        sum(greatest(0.9 * (actual_rpt - p90_rpt), -0.1 * (actual_rpt - p90_rpt))) as p90_loss_rpt
    from horizons
    group by method, layer, horizon
)

select
    summed.method,
    summed.layer,
    summed.horizon,
    summed.is_chosen,
    cast(summed.origins_count as integer) as origins_count,
    cast(summed.forecasts_count as integer) as forecasts_count,
    {{ money('summed.actual_rpt') }} as actual_rpt,
    {{ money('summed.absolute_error_rpt') }} as absolute_error_rpt,
    {{ ratio('summed.absolute_error_rpt', 'summed.actual_rpt') }} as wape_ratio,
    {{ ratio('totals.total_error_rpt', 'totals.total_actual_rpt') }} as total_wape_ratio,
    {{ ratio('summed.error_rpt', 'summed.actual_rpt') }} as bias_ratio,
    {{ ratio('summed.absolute_error_rpt', 'summed.naive_error_rpt') }} as mase_ratio,
    {{ ratio('summed.in_band_count', 'summed.bands_count') }} as coverage_ratio,
    {{ ratio('summed.total_in_band_count', 'summed.bands_count') }} as total_coverage_ratio,
    {{ ratio('summed.in_uncorrected_band_count', 'summed.bands_count') }} as uncorrected_coverage_ratio,
    {{ money('summed.p10_loss_rpt / nullif(summed.bands_count, 0)') }} as p10_pinball_rpt,
    {{ money('summed.p50_loss_rpt / nullif(summed.bands_count, 0)') }} as p50_pinball_rpt,
    {{ money('summed.p90_loss_rpt / nullif(summed.bands_count, 0)') }} as p90_pinball_rpt
from summed
left join totals
    on
        summed.method = totals.method
        and summed.layer = totals.layer
        and summed.horizon = totals.horizon

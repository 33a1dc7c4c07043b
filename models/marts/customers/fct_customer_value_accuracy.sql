-- One row per stream, segment, method and origin: what was expected of the half year after the origin, and what came. The naive
-- rival has rows of its own, so that no model is shown alone.
with holdouts as (select * from {{ ref('int_customer_value_holdouts') }}),

final as (
    select
        stream,
        segment,
        regime,
        method,
        is_naive,
        origin_on,
        until_on,
        cast(customers_count as integer) as customers_count,
        cast(expected_orders as decimal(18, 6)) as expected_orders_count,
        cast(actual_orders as integer) as actual_orders_count,
        cast(orders_mean_absolute_error as decimal(18, 6)) as mean_absolute_error_orders,
        cast(orders_correlation as decimal(9, 6)) as correlation_orders,
        {{ money('expected_margin') }} as expected_margin_rpt,
        {{ money('actual_margin') }} as actual_margin_rpt,
        {{ money('margin_mean_absolute_error') }} as mean_absolute_error_rpt,
        cast(margin_correlation as decimal(9, 6)) as correlation_margin
    from holdouts
)

select * from final

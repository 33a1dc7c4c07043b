-- One row per booking and reason for which the CRM's bookings and the ERP's orders differ, the largest first: the reasons of a
-- booking add up to its difference, and all rows to bookings less orders. Leaves out bookings without a difference, and deals and
-- orders in a currency without a rate. `timing`: won so recently that nine in ten deals had not been ordered by then either.
with bookings as (select * from {{ ref('fct_booked_billed_collected') }}),

order_bridge as (select * from {{ ref('fct_order_bridge') }}),

deals as (select * from {{ ref('fct_deals') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

order_lags as (
    select
        {{ dbt.datediff('booked_on', 'first_ordered_on', 'day') }} as lag_days,
        row_number() over (order by {{ dbt.datediff('booked_on', 'first_ordered_on', 'day') }}) as place,
        count(*) over () as lags_count
    from bookings
    where deal_id is not null and first_ordered_on >= booked_on
),

usual_lags as (
    select coalesce(min(lag_days), 0) as usual_lag_days
    from order_lags
    where 10 * place >= 9 * lags_count
),

-- Orders at the rate of the day their deal was won: what is left of the difference then is no exchange rate.
orders_at_win as (
    select
        order_bridge.deal_id,
        sum(
            case
                when order_bridge.currency = run_context.reporting_currency then order_bridge.ordered_doc
                else coalesce({{ converted('order_bridge.ordered_doc', 'reporting_rates.rate') }}, order_bridge.ordered_rpt)
            end
        ) as ordered_at_win_rpt
    from order_bridge
    inner join deals
        on order_bridge.deal_id = deals.deal_id
    cross join run_context
    left join reporting_rates
        on order_bridge.currency = reporting_rates.currency and deals.closed_on = reporting_rates.rate_on
    group by order_bridge.deal_id
),

compared as (
    select
        bookings.booking_id,
        bookings.deal_id,
        bookings.orders_count,
        bookings.booked_on,
        bookings.booked_rpt,
        bookings.ordered_rpt,
        bookings.billed_rpt,
        bookings.billed_gross_rpt,
        {{ money('coalesce(orders_at_win.ordered_at_win_rpt, bookings.ordered_rpt)') }} as ordered_at_win_rpt,
        {{ dbt.datediff('bookings.booked_on', 'run_context.as_of', 'day') }} as age_days,
        usual_lags.usual_lag_days
    from bookings
    cross join run_context
    cross join usual_lags
    left join orders_at_win
        on bookings.deal_id = orders_at_win.deal_id
),

differences as (
    select
        booking_id,
        case when age_days <= usual_lag_days then 'timing' else 'no_order' end as reason,
        booked_rpt as difference_rpt,
        usual_lag_days
    from compared
    where deal_id is not null and orders_count = 0
    union all
    select
        booking_id,
        'no_deal' as reason,
        -ordered_rpt as difference_rpt,
        usual_lag_days
    from compared
    where deal_id is null
    union all
    select
        booking_id,
        'currency' as reason,
        ordered_at_win_rpt - ordered_rpt as difference_rpt,
        usual_lag_days
    from compared
    where deal_id is not null and orders_count > 0
    union all
    -- A deal typed with tax stands as much above its orders as their invoices with tax above those without; a cent in a hundred
    -- is left for rounding.
    select
        booking_id,
        case
            when
                billed_gross_rpt > billed_rpt and billed_rpt > 0
                and abs(
                    cast(booked_rpt as double) * cast(billed_rpt as double)
                    - cast(ordered_at_win_rpt as double) * cast(billed_gross_rpt as double)
                ) <= 0.0001 * cast(booked_rpt as double) * cast(billed_rpt as double)
                then 'tax'
            else 'amount_differs'
        end as reason,
        booked_rpt - ordered_at_win_rpt as difference_rpt,
        usual_lag_days
    from compared
    where deal_id is not null and orders_count > 0
),

final as (
    select
        differences.booking_id || ' ' || differences.reason as difference_id,
        differences.booking_id,
        differences.reason,
        cast(
            row_number() over (order by abs(differences.difference_rpt) desc, differences.booking_id asc, differences.reason asc) as integer
        ) as rank_no,
        bookings.source_system,
        bookings.source_id,
        bookings.deal_id,
        deals.name as deal_name,
        bookings.customer_id,
        bookings.party_id,
        bookings.entity_id,
        bookings.owner_id,
        bookings.region,
        bookings.booked_on,
        bookings.first_ordered_on,
        {{ money("case when differences.reason = 'no_deal' then 0 else bookings.booked_rpt end") }} as booked_rpt,
        bookings.ordered_rpt,
        {{ money('differences.difference_rpt') }} as difference_rpt,
        case differences.reason
            when 'timing'
                then
                    'won ' || cast(bookings.booked_on as varchar) || '; nine in ten deals are ordered within '
                    || cast(differences.usual_lag_days as varchar) || ' days'
            when 'no_order' then 'no order names this deal; enter its number on the order, or the deal was not won'
            when 'no_deal' then 'the order names no won deal; enter its number on the order, or the deal was never recorded'
            when 'currency' then 'the rate moved between the day of winning and the day of the order'
            when 'tax' then 'the deal was entered with tax; orders are without'
            else 'the orders are for another amount than the deal; correct the deal, or find the missing order'
        end as message
    from differences
    inner join bookings
        on differences.booking_id = bookings.booking_id
    left join deals
        on bookings.deal_id = deals.deal_id
    where differences.difference_rpt <> 0
)

select * from final

-- One row per month, entity, region and channel, from the first order to the as-of month: orders taken, promises kept, days
-- from order to delivery, backlog at the month's end. Promises are counted in the month of the first promise; an order is on
-- time in full if each of its goods lines is. Backlog of a past month end is what was ordered and not invoiced by then, less
-- what an order was later closed without.
with order_lines as (select * from {{ ref('fct_order_lines') }} where status <> 'cancelled'),

invoice_lines as (select * from {{ ref('int_invoice_lines') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

-- The same rate for what comes in and what goes out, so that a backlog ends at zero.
ordered_lines as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.entity_id,
        coalesce(order_lines.region, 'none') as region,
        coalesce(order_lines.channel, 'none') as channel,
        order_lines.month_on,
        order_lines.promised_on,
        order_lines.last_delivered_on,
        order_lines.is_delivered_in_full,
        order_lines.is_filled_by_promise,
        order_lines.order_to_delivery_days,
        order_lines.status,
        order_lines.net_doc,
        order_lines.net_rpt,
        order_lines.invoiced_doc,
        case when order_lines.currency = run_context.reporting_currency then 1 else reporting_rates.rate end as rate
    from order_lines
    cross join run_context
    left join reporting_rates
        on
            order_lines.currency = reporting_rates.currency
            and order_lines.ordered_on = reporting_rates.rate_on
    where not order_lines.is_intercompany
),

promised_orders as (
    select
        order_id,
        entity_id,
        region,
        channel,
        {{ month_of('max(promised_on)') }} as month_on,
        min(case when is_filled_by_promise then 1 else 0 end) as on_time_in_full_count
    from ordered_lines
    where is_filled_by_promise is not null
    group by order_id, entity_id, region, channel
),

-- What an order will have been worth once it is closed: an order closed short is worth what was invoiced.
backlog_moves as (
    select
        month_on, entity_id, region, channel,
        {{ converted(money("case when status = 'open' then net_doc else invoiced_doc end"), 'rate') }} as backlog_rpt
    from ordered_lines
    where rate is not null
    union all
    select
        {{ month_of('invoice_lines.invoiced_on') }} as month_on,
        ordered_lines.entity_id, ordered_lines.region, ordered_lines.channel,
        -{{ converted(money('invoice_lines.net_doc'), 'ordered_lines.rate') }} as backlog_rpt
    from invoice_lines
    inner join ordered_lines on invoice_lines.order_line_id = ordered_lines.order_line_id
    cross join run_context
    where
        invoice_lines.invoiced_on <= run_context.as_of
        and ordered_lines.rate is not null
),

every_count as (
    select
        month_on, entity_id, region, channel,
        1 as ordered_lines_count, coalesce(net_rpt, 0) as ordered_rpt,
        case when net_rpt is null then 1 else 0 end as lines_without_rate_count,
        0 as promised_lines_count, 0 as filled_lines_count, 0 as promised_orders_count, 0 as on_time_in_full_orders_count,
        0 as delivered_lines_count, 0 as order_to_delivery_days, cast(0 as decimal(18, 2)) as backlog_change_rpt
    from ordered_lines
    union all
    select
        {{ month_of('promised_on') }} as month_on, entity_id, region, channel,
        0 as ordered_lines_count, 0 as ordered_rpt, 0 as lines_without_rate_count,
        1 as promised_lines_count, case when is_filled_by_promise then 1 else 0 end as filled_lines_count,
        0 as promised_orders_count, 0 as on_time_in_full_orders_count,
        0 as delivered_lines_count, 0 as order_to_delivery_days, 0 as backlog_change_rpt
    from ordered_lines
    where is_filled_by_promise is not null
    union all
    select
        month_on, entity_id, region, channel,
        0 as ordered_lines_count, 0 as ordered_rpt, 0 as lines_without_rate_count,
        0 as promised_lines_count, 0 as filled_lines_count,
        1 as promised_orders_count, on_time_in_full_count as on_time_in_full_orders_count,
        0 as delivered_lines_count, 0 as order_to_delivery_days, 0 as backlog_change_rpt
    from promised_orders
    union all
    select
        {{ month_of('last_delivered_on') }} as month_on, entity_id, region, channel,
        0 as ordered_lines_count, 0 as ordered_rpt, 0 as lines_without_rate_count,
        0 as promised_lines_count, 0 as filled_lines_count, 0 as promised_orders_count, 0 as on_time_in_full_orders_count,
        1 as delivered_lines_count, order_to_delivery_days, 0 as backlog_change_rpt
    from ordered_lines
    where is_delivered_in_full and last_delivered_on is not null
    union all
    select
        month_on, entity_id, region, channel,
        0 as ordered_lines_count, 0 as ordered_rpt, 0 as lines_without_rate_count,
        0 as promised_lines_count, 0 as filled_lines_count, 0 as promised_orders_count, 0 as on_time_in_full_orders_count,
        0 as delivered_lines_count, 0 as order_to_delivery_days, backlog_rpt as backlog_change_rpt
    from backlog_moves
),

members as (
    select
        entity_id,
        region,
        channel,
        min(month_on) as first_on
    from every_count
    group by entity_id, region, channel
),

monthly as (
    select
        month_ends.month_on,
        members.entity_id,
        members.region,
        members.channel,
        sum(coalesce(every_count.ordered_lines_count, 0)) as ordered_lines_count,
        sum(coalesce(every_count.ordered_rpt, 0)) as ordered_rpt,
        sum(coalesce(every_count.lines_without_rate_count, 0)) as lines_without_rate_count,
        sum(coalesce(every_count.promised_lines_count, 0)) as promised_lines_count,
        sum(coalesce(every_count.filled_lines_count, 0)) as filled_lines_count,
        sum(coalesce(every_count.promised_orders_count, 0)) as promised_orders_count,
        sum(coalesce(every_count.on_time_in_full_orders_count, 0)) as on_time_in_full_orders_count,
        sum(coalesce(every_count.delivered_lines_count, 0)) as delivered_lines_count,
        sum(coalesce(every_count.order_to_delivery_days, 0)) as order_to_delivery_days,
        sum(coalesce(every_count.backlog_change_rpt, 0)) as backlog_change_rpt
    from members
    inner join month_ends on members.first_on <= month_ends.month_on
    left join every_count
        on
            members.entity_id = every_count.entity_id
            and members.region = every_count.region
            and members.channel = every_count.channel
            and month_ends.month_on = every_count.month_on
    group by month_ends.month_on, members.entity_id, members.region, members.channel
)

select
    month_on,
    entity_id,
    region,
    channel,
    cast(ordered_lines_count as integer) as ordered_lines_count,
    {{ money('ordered_rpt') }} as ordered_rpt,
    cast(promised_lines_count as integer) as promised_lines_count,
    cast(filled_lines_count as integer) as filled_lines_count,
    {{ ratio('filled_lines_count', 'promised_lines_count') }} as fill_ratio,
    cast(promised_orders_count as integer) as promised_orders_count,
    cast(on_time_in_full_orders_count as integer) as on_time_in_full_orders_count,
    {{ ratio('on_time_in_full_orders_count', 'promised_orders_count') }} as on_time_in_full_ratio,
    cast(delivered_lines_count as integer) as delivered_lines_count,
    cast(order_to_delivery_days as integer) as order_to_delivery_days,
    {{ ratio('order_to_delivery_days', 'delivered_lines_count') }} as mean_order_to_delivery_days,
    {{ money('sum(backlog_change_rpt) over running') }} as backlog_rpt,
    cast(lines_without_rate_count as integer) as lines_without_rate_count
from monthly
window running as (
    partition by entity_id, region, channel
    order by month_on
    rows between unbounded preceding and current row
)

-- One row per line of a sales order, with what was delivered and invoiced of it up to the as-of day, against the first promise.
-- Reporting amounts are at the order day's rate; null where that rate is missing.
with placed_lines as (select * from {{ ref('int_order_lines') }}),

placed_orders as (select * from {{ ref('int_orders') }}),

first_promises as (select * from {{ ref('int_first_promises') }}),

delivery_lines as (select * from {{ ref('int_delivery_lines') }}),

invoice_lines as (select * from {{ ref('int_invoice_lines') }}),

items as (select * from {{ ref('int_items') }}),

customers as (select * from {{ ref('dim_customers') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

orders as (
    select
        placed_orders.*,
        coalesce(first_promises.promised_on, placed_orders.promised_on) as first_promised_on
    from placed_orders
    left join first_promises
        on
            first_promises.entity = 'order'
            and placed_orders.source_system = first_promises.source_system
            and placed_orders.source_id = first_promises.source_id
),

order_lines as (
    select
        placed_lines.*,
        coalesce(first_promises.promised_on, placed_lines.promised_on) as first_promised_on
    from placed_lines
    left join first_promises
        on
            first_promises.entity = 'order_line'
            and placed_lines.source_system = first_promises.source_system
            and placed_lines.source_id = first_promises.source_id
),

deliveries as (
    select
        delivery_lines.order_line_id,
        sum(delivery_lines.quantity) as quantity,
        sum(
            case
                when delivery_lines.delivered_on <= coalesce(order_lines.first_promised_on, orders.first_promised_on)
                    then delivery_lines.quantity
                else 0
            end
        ) as quantity_by_promise,
        min(delivery_lines.delivered_on) as first_delivered_on,
        max(delivery_lines.delivered_on) as last_delivered_on
    from delivery_lines
    inner join order_lines on delivery_lines.order_line_id = order_lines.order_line_id
    inner join orders on order_lines.order_id = orders.order_id
    cross join run_context
    where delivery_lines.delivered_on <= run_context.as_of
    group by delivery_lines.order_line_id
),

invoiced as (
    select
        invoice_lines.order_line_id,
        sum(invoice_lines.quantity) as quantity,
        sum(invoice_lines.net_doc) as net_doc
    from invoice_lines
    cross join run_context
    where
        invoice_lines.order_line_id is not null
        and invoice_lines.invoiced_on <= run_context.as_of
    group by invoice_lines.order_line_id
),

lines as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        orders.entity_id,
        orders.customer_id,
        orders.deal_ref,
        orders.channel,
        orders.ordered_on,
        orders.status,
        orders.currency,
        order_lines.item_id,
        order_lines.project_id,
        coalesce(order_lines.first_promised_on, orders.first_promised_on) as promised_on,
        coalesce(order_lines.promised_on, orders.promised_on) as current_promised_on,
        order_lines.quantity,
        cast(coalesce(deliveries.quantity, 0) as decimal(18, 6)) as delivered_quantity,
        cast(coalesce(invoiced.quantity, 0) as decimal(18, 6)) as invoiced_quantity,
        deliveries.first_delivered_on,
        deliveries.last_delivered_on,
        order_lines.net_doc,
        {{ money('coalesce(invoiced.net_doc, 0)') }} as invoiced_doc,
        deliveries.quantity_by_promise,
        order_lines.source_system,
        order_lines.source_id
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    cross join run_context
    left join deliveries on order_lines.order_line_id = deliveries.order_line_id
    left join invoiced on order_lines.order_line_id = invoiced.order_line_id
    where orders.ordered_on <= run_context.as_of
),

-- What was delivered, at the line's own price. Lines of what is not shipped, such as services, have no delivered value.
valued as (
    select
        *,
        case
            when quantity <> 0 and first_delivered_on is not null
                then {{ money('cast(net_doc as decimal(38, 8)) * delivered_quantity / quantity') }}
        end as delivered_doc
    from lines
)

select
    lines.order_line_id,
    lines.order_id,
    lines.entity_id,
    lines.customer_id,
    lines.deal_ref,
    lines.item_id,
    items.item_type,
    items.category,
    customers.region,
    lines.channel,
    lines.project_id,
    lines.ordered_on,
    {{ month_of('lines.ordered_on') }} as month_on,
    lines.promised_on,
    lines.current_promised_on,
    lines.status,
    lines.currency,
    lines.quantity,
    lines.delivered_quantity,
    lines.invoiced_quantity,
    lines.first_delivered_on,
    lines.last_delivered_on,
    lines.net_doc,
    lines.invoiced_doc,
    case
        when lines.currency = run_context.reporting_currency then lines.net_doc
        else {{ line_amount(converted(money('lines.net_doc'), 'reporting_rates.rate')) }}
    end as net_rpt,
    case
        when lines.status <> 'open' then cast(0 as decimal(18, 2))
        else {{ money('lines.net_doc - lines.invoiced_doc') }}
    end as backlog_doc,
    case
        when lines.status <> 'open' then cast(0 as decimal(18, 2))
        when lines.currency = run_context.reporting_currency then {{ money('lines.net_doc - lines.invoiced_doc') }}
        else {{ converted(money('lines.net_doc - lines.invoiced_doc'), 'reporting_rates.rate') }}
    end as backlog_rpt,
    lines.delivered_doc,
    case
        when lines.status = 'cancelled' or lines.delivered_doc is null then cast(0 as decimal(18, 2))
        else {{ money('greatest(lines.delivered_doc - lines.invoiced_doc, 0)') }}
    end as delivered_not_invoiced_doc,
    case
        when lines.status = 'cancelled' or lines.delivered_doc is null then cast(0 as decimal(18, 2))
        when lines.currency = run_context.reporting_currency
            then {{ money('greatest(lines.delivered_doc - lines.invoiced_doc, 0)') }}
        else {{ converted(money('greatest(lines.delivered_doc - lines.invoiced_doc, 0)'), 'reporting_rates.rate') }}
    end as delivered_not_invoiced_rpt,
    case
        when coalesce(items.item_type, 'goods') <> 'goods' then cast(0 as decimal(18, 2))
        else {{ money('greatest(lines.invoiced_doc - coalesce(lines.delivered_doc, 0), 0)') }}
    end as invoiced_not_delivered_doc,
    lines.delivered_quantity >= lines.quantity as is_delivered_in_full,
    case
        when
            lines.promised_on is not null
            and lines.promised_on <= run_context.as_of
            and lines.status <> 'cancelled'
            and coalesce(items.item_type, 'goods') = 'goods'
            then coalesce(lines.quantity_by_promise, 0) >= lines.quantity
    end as is_filled_by_promise,
    cast({{ dbt.datediff('lines.ordered_on', 'lines.last_delivered_on', 'day') }} as integer) as order_to_delivery_days,
    case
        when lines.delivered_quantity >= lines.quantity and lines.promised_on is not null
            then lines.last_delivered_on <= lines.promised_on
    end as is_on_time_in_full,
    coalesce(customers.is_intercompany, false) as is_intercompany,
    lines.source_system,
    lines.source_id
from valued as lines
cross join run_context
left join items on lines.item_id = items.item_id
left join customers on lines.customer_id = customers.customer_id
left join reporting_rates
    on
        lines.currency = reporting_rates.currency
        and lines.ordered_on = reporting_rates.rate_on

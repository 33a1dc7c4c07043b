-- One row per sales order placed by the as-of day: its lines added up, and its freight, which no line carries.
-- Reporting amounts are at the order day's rate; null where that rate is missing.
with orders as (select * from {{ ref('int_orders') }}),

order_lines as (select * from {{ ref('fct_order_lines') }}),

customers as (select * from {{ ref('dim_customers') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

lines as (
    select
        order_id,
        count(*) as lines_count,
        sum(net_doc) as net_doc,
        sum(net_rpt) as net_rpt,
        sum(backlog_doc) as backlog_doc,
        min(case when is_delivered_in_full then 1 else 0 end) = 1 as is_delivered_in_full
    from order_lines
    group by order_id
)

select
    orders.order_id,
    orders.entity_id,
    orders.customer_id,
    orders.deal_ref,
    customers.region,
    orders.channel,
    orders.ordered_on,
    {{ month_of('orders.ordered_on') }} as month_on,
    orders.promised_on,
    orders.status,
    orders.currency,
    cast(coalesce(lines.lines_count, 0) as integer) as lines_count,
    {{ line_amount('coalesce(lines.net_doc, 0)') }} as net_doc,
    {{ line_amount('case when lines.lines_count is null then 0 else lines.net_rpt end') }} as net_rpt,
    orders.freight_doc,
    case
        when orders.currency = run_context.reporting_currency then orders.freight_doc
        else {{ converted('orders.freight_doc', 'reporting_rates.rate') }}
    end as freight_rpt,
    {{ money('coalesce(lines.backlog_doc, 0)') }} as backlog_doc,
    coalesce(lines.is_delivered_in_full, false) as is_delivered_in_full,
    coalesce(customers.is_intercompany, false) as is_intercompany,
    orders.source_system,
    orders.source_id
from orders
cross join run_context
left join lines on orders.order_id = lines.order_id
left join customers on orders.customer_id = customers.customer_id
left join reporting_rates
    on
        orders.currency = reporting_rates.currency
        and orders.ordered_on = reporting_rates.rate_on
where orders.ordered_on <= run_context.as_of

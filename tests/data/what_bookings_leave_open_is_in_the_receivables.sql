-- A returned row is a booking whose open amount is not what its invoices still stand at in the receivables, at the rates of
-- its orders. The bridge is built from documents and applications, the receivables from their events; each order may differ
-- by the roundings of four translated amounts. Leaves out bookings with an invoice of several orders, which is shared.
with invoice_balances as (
    select
        document_id as invoice_id,
        sum(amount_doc) as open_doc
    from {{ ref('fct_receivable_events') }}
    where document_type = 'invoice'
    group by document_id
),

ordered_invoices as (
    select
        invoice_lines.document_id as invoice_id,
        min(order_lines.order_id) as order_id
    from {{ ref('fct_invoice_lines') }} as invoice_lines
    inner join {{ ref('int_order_lines') }} as order_lines
        on invoice_lines.order_line_id = order_lines.order_line_id
    where invoice_lines.document_type = 'invoice'
    group by invoice_lines.document_id
    having count(distinct order_lines.order_id) = 1
),

shared_orders as (
    select distinct order_lines.order_id
    from {{ ref('int_invoices') }} as invoices
    inner join {{ ref('fct_invoice_lines') }} as invoice_lines
        on invoices.invoice_id = invoice_lines.document_id
    inner join {{ ref('int_order_lines') }} as order_lines
        on invoice_lines.order_line_id = order_lines.order_line_id
    left join ordered_invoices
        on invoices.invoice_id = ordered_invoices.invoice_id
    where invoices.order_id is null and ordered_invoices.invoice_id is null
),

shared_bookings as (
    select distinct coalesce(bridge.deal_id, 'order ' || bridge.order_id) as booking_id
    from shared_orders
    inner join {{ ref('fct_order_bridge') }} as bridge
        on shared_orders.order_id = bridge.order_id
),

open_orders as (
    select
        orders.order_id,
        orders.ordered_on,
        orders.currency,
        sum(invoice_balances.open_doc) as open_doc
    from {{ ref('int_invoices') }} as invoices
    left join ordered_invoices
        on invoices.invoice_id = ordered_invoices.invoice_id
    inner join {{ ref('int_orders') }} as orders
        on coalesce(invoices.order_id, ordered_invoices.order_id) = orders.order_id
    inner join invoice_balances
        on invoices.invoice_id = invoice_balances.invoice_id
    group by orders.order_id, orders.ordered_on, orders.currency
),

bookings as (
    select
        coalesce(bridge.deal_id, 'order ' || open_orders.order_id) as booking_id,
        count(*) as orders_count,
        sum(
            open_orders.open_doc
            * case when open_orders.currency = run_context.reporting_currency then 1 else reporting_rates.rate end
        ) as open_rpt
    from open_orders
    cross join {{ ref('int_run_context') }} as run_context
    left join {{ ref('int_reporting_rates') }} as reporting_rates
        on open_orders.currency = reporting_rates.currency and open_orders.ordered_on = reporting_rates.rate_on
    inner join {{ ref('fct_order_bridge') }} as bridge
        on open_orders.order_id = bridge.order_id
    group by coalesce(bridge.deal_id, 'order ' || open_orders.order_id)
)

select
    bridge.booking_id,
    bridge.open_rpt,
    bookings.open_rpt as receivables_rpt
from {{ ref('fct_booked_billed_collected') }} as bridge
inner join bookings
    on bridge.booking_id = bookings.booking_id
left join shared_bookings
    on bridge.booking_id = shared_bookings.booking_id
where
    shared_bookings.booking_id is null
    and abs(bridge.open_rpt - bookings.open_rpt) > 0.02 * bookings.orders_count

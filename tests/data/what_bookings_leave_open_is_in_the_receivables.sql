-- A returned row is a booking whose open amount is not what its invoices still stand at in the receivables, at the rates of
-- its orders. The bridge is built from documents and applications, the receivables from their events; each order may differ
-- by the roundings of four translated amounts.
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

open_orders as (
    select
        orders.order_id,
        orders.deal_ref,
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
    group by orders.order_id, orders.deal_ref, orders.ordered_on, orders.currency
),

bookings as (
    select
        coalesce(deals.deal_id, open_orders.order_id) as booking_id,
        count(*) as orders_count,
        sum(
            open_orders.open_doc
            * case when open_orders.currency = run_context.reporting_currency then 1 else reporting_rates.rate end
        ) as open_rpt
    from open_orders
    cross join {{ ref('int_run_context') }} as run_context
    left join {{ ref('int_reporting_rates') }} as reporting_rates
        on open_orders.currency = reporting_rates.currency and open_orders.ordered_on = reporting_rates.rate_on
    left join {{ ref('fct_deals') }} as deals
        on open_orders.deal_ref = deals.source_id and deals.is_won
    group by coalesce(deals.deal_id, open_orders.order_id)
)

select
    bridge.booking_id,
    bridge.open_rpt,
    bookings.open_rpt as receivables_rpt
from {{ ref('fct_booked_billed_collected') }} as bridge
inner join bookings
    on bridge.booking_id = bookings.booking_id
where abs(bridge.open_rpt - bookings.open_rpt) > 0.02 * bookings.orders_count

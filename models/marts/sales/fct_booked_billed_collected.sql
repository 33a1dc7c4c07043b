-- One row per won deal, and per sales order that names no known deal: what was booked, ordered, billed and collected so far.
-- booked = billed + to bill + cancelled + not ordered (before tax); billed gross = collected + discount + credited + open (with tax).
-- What follows an order is valued at the rate of the order's day, so that only documents move the bridge, not exchange rates.
-- Invoices without an order belong to no booking and are left out; so are orders in a currency without a rate.
with deals as (select * from {{ ref('fct_deals') }}),

orders as (select * from {{ ref('int_orders') }}),

order_lines as (select * from {{ ref('int_order_lines') }}),

invoices as (select * from {{ ref('int_invoices') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }}),

applications as (select * from {{ ref('int_payment_applications') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

customers as (select * from {{ ref('dim_customers') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

known_deals as (
    select
        source_id,
        min(deal_id) as deal_id
    from deals
    where is_won
    group by source_id
    having count(*) = 1
),

ordered as (
    select
        order_id,
        sum(net_doc) as ordered_doc
    from order_lines
    group by order_id
),

-- An invoice belongs to the order on its head, else to the order of its lines where there is one.
line_orders as (
    select
        invoice_lines.document_id as invoice_id,
        min(order_lines.order_id) as order_id
    from invoice_lines
    inner join order_lines
        on invoice_lines.order_line_id = order_lines.order_line_id
    where invoice_lines.document_type = 'invoice'
    group by invoice_lines.document_id
    having count(distinct order_lines.order_id) = 1
),

-- Held invoices are in no mart, so they are not in the bridge either.
posted_invoices as (
    select distinct document_id as invoice_id
    from receivable_items
    where document_type = 'invoice'
),

invoice_orders as (
    select
        invoices.invoice_id,
        coalesce(invoices.order_id, line_orders.order_id) as order_id,
        invoices.gross_doc
    from invoices
    inner join posted_invoices
        on invoices.invoice_id = posted_invoices.invoice_id
    left join line_orders
        on invoices.invoice_id = line_orders.invoice_id
),

billed as (
    select
        invoice_orders.order_id,
        sum(invoice_lines.net_doc) as billed_doc
    from invoice_lines
    inner join invoice_orders
        on invoice_lines.document_id = invoice_orders.invoice_id
    where invoice_lines.document_type = 'invoice'
    group by invoice_orders.order_id
),

billed_gross as (
    select
        order_id,
        sum(gross_doc) as billed_gross_doc
    from invoice_orders
    group by order_id
),

settled as (
    select
        invoice_orders.order_id,
        sum(case when applications.payment_id is not null then applications.amount_doc else 0 end) as collected_doc,
        sum(coalesce(applications.discount_doc, 0)) as discount_doc,
        sum(case when applications.payment_id is null then applications.amount_doc else 0 end) as credited_doc
    from applications
    inner join invoice_orders
        on applications.invoice_id = invoice_orders.invoice_id
    cross join run_context
    where applications.applied_on <= run_context.as_of
    group by invoice_orders.order_id
),

order_amounts as (
    select
        orders.order_id,
        orders.source_system,
        orders.source_id,
        orders.entity_id,
        orders.customer_id,
        orders.ordered_on,
        known_deals.deal_id,
        orders.status = 'cancelled' or orders.status = 'closed' as is_finished,
        cast(
            case when orders.currency = run_context.reporting_currency then 1 else reporting_rates.rate end as decimal(18, 10)
        ) as rate,
        {{ money('coalesce(ordered.ordered_doc, 0)') }} as ordered_doc,
        {{ money('coalesce(billed.billed_doc, 0)') }} as billed_doc,
        {{ money('coalesce(billed_gross.billed_gross_doc, 0)') }} as billed_gross_doc,
        {{ money('coalesce(settled.collected_doc, 0)') }} as collected_doc,
        {{ money('coalesce(settled.discount_doc, 0)') }} as discount_doc,
        {{ money('coalesce(settled.credited_doc, 0)') }} as credited_doc
    from orders
    cross join run_context
    left join known_deals
        on orders.deal_ref = known_deals.source_id
    left join reporting_rates
        on orders.currency = reporting_rates.currency and orders.ordered_on = reporting_rates.rate_on
    left join ordered
        on orders.order_id = ordered.order_id
    left join billed
        on orders.order_id = billed.order_id
    left join billed_gross
        on orders.order_id = billed_gross.order_id
    left join settled
        on orders.order_id = settled.order_id
    where orders.ordered_on <= run_context.as_of
),

order_values as (
    select
        order_id,
        source_system,
        source_id,
        entity_id,
        customer_id,
        ordered_on,
        deal_id,
        is_finished,
        {{ converted('ordered_doc', 'rate') }} as ordered_rpt,
        {{ converted('billed_doc', 'rate') }} as billed_rpt,
        {{ converted('billed_gross_doc', 'rate') }} as billed_gross_rpt,
        {{ converted('collected_doc', 'rate') }} as collected_rpt,
        {{ converted('discount_doc', 'rate') }} as discount_rpt,
        {{ converted('credited_doc', 'rate') }} as credited_rpt
    from order_amounts
    where rate is not null
),

bookings as (
    select
        coalesce(deal_id, order_id) as booking_id,
        deal_id,
        min(source_system) as source_system,
        min(source_id) as source_id,
        min(entity_id) as entity_id,
        min(customer_id) as customer_id,
        min(ordered_on) as first_ordered_on,
        count(*) as orders_count,
        sum(ordered_rpt) as ordered_rpt,
        sum(billed_rpt) as billed_rpt,
        sum(case when is_finished then ordered_rpt - billed_rpt else 0 end) as cancelled_rpt,
        sum(case when is_finished then 0 else ordered_rpt - billed_rpt end) as to_bill_rpt,
        sum(billed_gross_rpt) as billed_gross_rpt,
        sum(collected_rpt) as collected_rpt,
        sum(discount_rpt) as discount_rpt,
        sum(credited_rpt) as credited_rpt
    from order_values
    group by coalesce(deal_id, order_id), deal_id
),

booked_deals as (
    select * from deals
    where is_won and amount_rpt is not null
),

final as (
    select
        coalesce(bookings.booking_id, booked_deals.deal_id) as booking_id,
        coalesce(booked_deals.source_system, bookings.source_system) as source_system,
        coalesce(booked_deals.source_id, bookings.source_id) as source_id,
        booked_deals.deal_id,
        bookings.customer_id,
        coalesce(party_customers.party_id, booked_deals.party_id) as party_id,
        coalesce(booked_deals.entity_id, bookings.entity_id) as entity_id,
        booked_deals.owner_id,
        coalesce(booked_deals.region, customers.region) as region,
        coalesce(booked_deals.closed_on, bookings.first_ordered_on) as booked_on,
        bookings.first_ordered_on,
        cast(coalesce(bookings.orders_count, 0) as integer) as orders_count,
        {{ money('coalesce(booked_deals.amount_rpt, bookings.ordered_rpt)') }} as booked_rpt,
        {{ money('coalesce(bookings.ordered_rpt, 0)') }} as ordered_rpt,
        {{ money('coalesce(bookings.billed_rpt, 0)') }} as billed_rpt,
        {{ money('coalesce(bookings.to_bill_rpt, 0)') }} as to_bill_rpt,
        {{ money('coalesce(bookings.cancelled_rpt, 0)') }} as cancelled_rpt,
        {{ money('coalesce(booked_deals.amount_rpt, bookings.ordered_rpt) - coalesce(bookings.ordered_rpt, 0)') }} as not_ordered_rpt,
        {{ money('coalesce(bookings.billed_gross_rpt, 0)') }} as billed_gross_rpt,
        {{ money('coalesce(bookings.collected_rpt, 0)') }} as collected_rpt,
        {{ money('coalesce(bookings.discount_rpt, 0)') }} as discount_rpt,
        {{ money('coalesce(bookings.credited_rpt, 0)') }} as credited_rpt,
        {{ money('coalesce(bookings.billed_gross_rpt - bookings.collected_rpt - bookings.discount_rpt - bookings.credited_rpt, 0)') }}
            as open_rpt
    from booked_deals
    full outer join bookings
        on booked_deals.deal_id = bookings.deal_id
    left join party_customers
        on bookings.customer_id = party_customers.customer_id
    left join customers
        on bookings.customer_id = customers.customer_id
)

select * from final

-- One row per won deal, and per sales order that names no known deal: what was booked, ordered, billed and collected so far.
-- booked = billed + to bill + cancelled + not ordered (before tax); billed gross = billed + tax = collected + discount + credited
-- + written off + open. What follows an order is valued as fct_order_bridge values it; fct_booking_differences explains what was
-- not ordered. Invoices without an order belong to no booking and are left out; so are orders in a currency without a rate.
with deals as (select * from {{ ref('fct_deals') }}),

order_bridge as (select * from {{ ref('fct_order_bridge') }}),

bookings as (
    select
        coalesce(deal_id, 'order ' || order_id) as booking_id,
        deal_id,
        min(source_system) as source_system,
        min(source_id) as source_id,
        min(entity_id) as entity_id,
        min(customer_id) as customer_id,
        min(party_id) as party_id,
        min(region) as region,
        min(ordered_on) as first_ordered_on,
        count(*) as orders_count,
        sum(ordered_rpt) as ordered_rpt,
        sum(billed_rpt) as billed_rpt,
        sum(cancelled_rpt) as cancelled_rpt,
        sum(to_bill_rpt) as to_bill_rpt,
        sum(tax_rpt) as tax_rpt,
        sum(billed_gross_rpt) as billed_gross_rpt,
        sum(collected_rpt) as collected_rpt,
        sum(discount_rpt) as discount_rpt,
        sum(credited_rpt) as credited_rpt,
        sum(written_off_rpt) as written_off_rpt,
        sum(open_rpt) as open_rpt
    from order_bridge
    group by coalesce(deal_id, 'order ' || order_id), deal_id
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
        coalesce(bookings.party_id, booked_deals.party_id) as party_id,
        coalesce(booked_deals.entity_id, bookings.entity_id) as entity_id,
        booked_deals.owner_id,
        coalesce(booked_deals.region, bookings.region) as region,
        coalesce(booked_deals.closed_on, bookings.first_ordered_on) as booked_on,
        bookings.first_ordered_on,
        cast(coalesce(bookings.orders_count, 0) as integer) as orders_count,
        {{ money('coalesce(booked_deals.amount_rpt, bookings.ordered_rpt)') }} as booked_rpt,
        {{ money('coalesce(bookings.ordered_rpt, 0)') }} as ordered_rpt,
        {{ money('coalesce(bookings.billed_rpt, 0)') }} as billed_rpt,
        {{ money('coalesce(bookings.to_bill_rpt, 0)') }} as to_bill_rpt,
        {{ money('coalesce(bookings.cancelled_rpt, 0)') }} as cancelled_rpt,
        {{ money('coalesce(booked_deals.amount_rpt, bookings.ordered_rpt) - coalesce(bookings.ordered_rpt, 0)') }} as not_ordered_rpt,
        {{ money('coalesce(bookings.tax_rpt, 0)') }} as tax_rpt,
        {{ money('coalesce(bookings.billed_gross_rpt, 0)') }} as billed_gross_rpt,
        {{ money('coalesce(bookings.collected_rpt, 0)') }} as collected_rpt,
        {{ money('coalesce(bookings.discount_rpt, 0)') }} as discount_rpt,
        {{ money('coalesce(bookings.credited_rpt, 0)') }} as credited_rpt,
        {{ money('coalesce(bookings.written_off_rpt, 0)') }} as written_off_rpt,
        {{ money('coalesce(bookings.open_rpt, 0)') }} as open_rpt
    from booked_deals
    full outer join bookings
        on booked_deals.deal_id = bookings.deal_id
)

select * from final

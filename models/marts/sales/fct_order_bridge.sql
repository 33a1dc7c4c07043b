-- One row per sales order up to the as-of day: what was ordered, billed and collected of it so far.
-- ordered = billed + to bill + cancelled (before tax); billed gross = billed + tax = collected + discount + credited + written off
-- + open. All of it is valued at the rate of the order's day, so that only documents move the bridge, not exchange rates. Leaves
-- out invoices without an order, and orders in a currency without a rate.
with deals as (select * from {{ ref('fct_deals') }}),

deal_merges as (select * from {{ ref('int_deal_merges') }}),

all_deals as (select * from {{ ref('int_deals') }}),

orders as (select * from {{ ref('int_orders') }}),

order_lines as (select * from {{ ref('int_order_lines') }}),

invoices as (select * from {{ ref('int_invoices') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }}),

applications as (select * from {{ ref('int_payment_applications') }}),

credit_notes as (select * from {{ ref('int_credit_notes') }}),

write_off_reasons as (select * from {{ ref('write_off_reasons') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

customers as (select * from {{ ref('dim_customers') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

-- An order that names a merged deal belongs to the one that stands for it now.
named_deals as (
    select
        source_id,
        deal_id
    from deals
    where is_won
    union all
    select
        all_deals.source_id,
        deals.deal_id
    from deal_merges
    inner join all_deals
        on deal_merges.deal_id = all_deals.deal_id
    inner join deals
        on deal_merges.standing_deal_id = deals.deal_id
    where deals.is_won
),

known_deals as (
    select
        source_id,
        min(deal_id) as deal_id
    from named_deals
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

-- Held invoices are in no mart, so they are not in the bridge either.
posted_invoices as (
    select distinct document_id as invoice_id
    from receivable_items
    where document_type = 'invoice'
),

invoiced as (
    select
        document_id as invoice_id,
        sum(net_doc) as billed_doc
    from invoice_lines
    where document_type = 'invoice'
    group by document_id
),

settled as (
    select
        applications.invoice_id,
        sum(case when applications.payment_id is not null then applications.amount_doc else 0 end) as collected_doc,
        sum(coalesce(applications.discount_doc, 0)) as discount_doc,
        sum(
            case when applications.payment_id is null and write_off_reasons.reason is null then applications.amount_doc else 0 end
        ) as credited_doc,
        sum(
            case when applications.payment_id is null and write_off_reasons.reason is not null then applications.amount_doc else 0 end
        ) as written_off_doc
    from applications
    cross join run_context
    left join credit_notes
        on applications.credit_note_id = credit_notes.credit_note_id
    left join write_off_reasons
        on lower(trim(credit_notes.reason)) = write_off_reasons.reason
    where applications.applied_on <= run_context.as_of
    group by applications.invoice_id
),

line_orders as (
    select
        invoice_lines.document_id as invoice_id,
        order_lines.order_id,
        sum(invoice_lines.net_doc) as weight_doc
    from invoice_lines
    inner join order_lines
        on invoice_lines.order_line_id = order_lines.order_line_id
    where invoice_lines.document_type = 'invoice'
    group by invoice_lines.document_id, order_lines.order_id
),

-- An invoice belongs to the order on its head, else to the orders of its lines: all of it, freight included, by their net amounts.
invoice_weights as (
    select
        invoices.invoice_id,
        coalesce(invoices.order_id, line_orders.order_id) as order_id,
        case when invoices.order_id is null then line_orders.weight_doc else 1 end as weight_doc
    from invoices
    inner join posted_invoices
        on invoices.invoice_id = posted_invoices.invoice_id
    left join line_orders
        on invoices.invoice_id = line_orders.invoice_id and invoices.order_id is null
),

cumulated as (
    select
        invoice_id,
        order_id,
        row_number() over (partition by invoice_id order by order_id) as place,
        count(*) over (partition by invoice_id) as places_count,
        sum(weight_doc) over (
            partition by invoice_id order by order_id rows between unbounded preceding and current row
        ) as weight_to_doc,
        sum(weight_doc) over (partition by invoice_id) as weight_doc
    from invoice_weights
    where order_id is not null
),

-- A null share is the whole: the last order takes what is left, so that no cent of an invoice is lost between its orders.
ends_of_shares as (
    select
        invoice_id,
        order_id,
        place,
        case when place < places_count then {{ ratio('weight_to_doc', 'weight_doc') }} end as share_to
    from cumulated
    where weight_doc <> 0 or places_count = 1
),

shares as (
    select
        invoice_id,
        order_id,
        lag(share_to) over (partition by invoice_id order by place) as share_from,
        share_to
    from ends_of_shares
),

invoice_amounts as (
    select
        invoices.invoice_id,
        coalesce(invoiced.billed_doc, 0) as billed_doc,
        coalesce(invoices.gross_doc, 0) as billed_gross_doc,
        coalesce(settled.collected_doc, 0) as collected_doc,
        coalesce(settled.discount_doc, 0) as discount_doc,
        coalesce(settled.credited_doc, 0) as credited_doc,
        coalesce(settled.written_off_doc, 0) as written_off_doc
    from invoices
    left join invoiced
        on invoices.invoice_id = invoiced.invoice_id
    left join settled
        on invoices.invoice_id = settled.invoice_id
),

order_documents as (
    select
        shares.order_id,
        sum(
            coalesce({{ money('invoice_amounts.billed_doc * shares.share_to') }}, invoice_amounts.billed_doc)
            - coalesce({{ money('invoice_amounts.billed_doc * shares.share_from') }}, 0)
        ) as billed_doc,
        sum(
            coalesce({{ money('invoice_amounts.billed_gross_doc * shares.share_to') }}, invoice_amounts.billed_gross_doc)
            - coalesce({{ money('invoice_amounts.billed_gross_doc * shares.share_from') }}, 0)
        ) as billed_gross_doc,
        sum(
            coalesce({{ money('invoice_amounts.collected_doc * shares.share_to') }}, invoice_amounts.collected_doc)
            - coalesce({{ money('invoice_amounts.collected_doc * shares.share_from') }}, 0)
        ) as collected_doc,
        sum(
            coalesce({{ money('invoice_amounts.discount_doc * shares.share_to') }}, invoice_amounts.discount_doc)
            - coalesce({{ money('invoice_amounts.discount_doc * shares.share_from') }}, 0)
        ) as discount_doc,
        sum(
            coalesce({{ money('invoice_amounts.credited_doc * shares.share_to') }}, invoice_amounts.credited_doc)
            - coalesce({{ money('invoice_amounts.credited_doc * shares.share_from') }}, 0)
        ) as credited_doc,
        sum(
            coalesce({{ money('invoice_amounts.written_off_doc * shares.share_to') }}, invoice_amounts.written_off_doc)
            - coalesce({{ money('invoice_amounts.written_off_doc * shares.share_from') }}, 0)
        ) as written_off_doc
    from shares
    inner join invoice_amounts
        on shares.invoice_id = invoice_amounts.invoice_id
    group by shares.order_id
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
        orders.currency,
        orders.status,
        orders.status = 'cancelled' or orders.status = 'closed' as is_finished,
        cast(
            case when orders.currency = run_context.reporting_currency then 1 else reporting_rates.rate end as decimal(18, 10)
        ) as rate,
        {{ money('coalesce(ordered.ordered_doc, 0)') }} as ordered_doc,
        {{ money('coalesce(order_documents.billed_doc, 0)') }} as billed_doc,
        {{ money('coalesce(order_documents.billed_gross_doc, 0)') }} as billed_gross_doc,
        {{ money('coalesce(order_documents.collected_doc, 0)') }} as collected_doc,
        {{ money('coalesce(order_documents.discount_doc, 0)') }} as discount_doc,
        {{ money('coalesce(order_documents.credited_doc, 0)') }} as credited_doc,
        {{ money('coalesce(order_documents.written_off_doc, 0)') }} as written_off_doc
    from orders
    cross join run_context
    left join known_deals
        on orders.deal_ref = known_deals.source_id
    left join reporting_rates
        on orders.currency = reporting_rates.currency and orders.ordered_on = reporting_rates.rate_on
    left join ordered
        on orders.order_id = ordered.order_id
    left join order_documents
        on orders.order_id = order_documents.order_id
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
        currency,
        status,
        is_finished,
        ordered_doc,
        {{ converted('ordered_doc', 'rate') }} as ordered_rpt,
        {{ converted('billed_doc', 'rate') }} as billed_rpt,
        {{ converted('billed_gross_doc', 'rate') }} as billed_gross_rpt,
        {{ converted('collected_doc', 'rate') }} as collected_rpt,
        {{ converted('discount_doc', 'rate') }} as discount_rpt,
        {{ converted('credited_doc', 'rate') }} as credited_rpt,
        {{ converted('written_off_doc', 'rate') }} as written_off_rpt
    from order_amounts
    where rate is not null
),

final as (
    select
        order_values.order_id,
        order_values.source_system,
        order_values.source_id,
        order_values.deal_id,
        order_values.customer_id,
        party_customers.party_id,
        order_values.entity_id,
        customers.region,
        order_values.ordered_on,
        {{ month_of('order_values.ordered_on') }} as month_on,
        order_values.status,
        order_values.currency,
        order_values.ordered_doc,
        order_values.ordered_rpt,
        order_values.billed_rpt,
        {{ money('case when order_values.is_finished then 0 else order_values.ordered_rpt - order_values.billed_rpt end') }} as to_bill_rpt,
        {{ money('case when order_values.is_finished then order_values.ordered_rpt - order_values.billed_rpt else 0 end') }}
            as cancelled_rpt,
        {{ money('order_values.billed_gross_rpt - order_values.billed_rpt') }} as tax_rpt,
        order_values.billed_gross_rpt,
        order_values.collected_rpt,
        order_values.discount_rpt,
        order_values.credited_rpt,
        order_values.written_off_rpt,
        {{ money(
            'order_values.billed_gross_rpt - order_values.collected_rpt - order_values.discount_rpt - order_values.credited_rpt'
            ~ ' - order_values.written_off_rpt'
        ) }} as open_rpt
    from order_values
    left join party_customers
        on order_values.customer_id = party_customers.customer_id
    left join customers
        on order_values.customer_id = customers.customer_id
)

select * from final

-- One row per purchase order of the last five years and bill that names it, one row without a bill where there is none: when it was
-- placed, promised and received, and what its bills came to. It teaches how well the bills to come of open orders were foretold; cancelled
-- orders and those of sources in which no bill names an order are left out, as they are of the projection. The promise is the first one.
-- Amounts are before tax (bills with tax, too) at the as-of day's rate, so that no forecast is judged by exchange rates.
with purchase_order_lines as (select * from {{ ref('fct_purchase_order_lines') }} where status <> 'cancelled'),

run_context as (select * from {{ ref('int_run_context') }}),

bills as (
    select bills.*
    from {{ ref('int_bills') }} as bills
    inner join run_context on bills.billed_on <= run_context.as_of
    where bills.purchase_order_id is not null
),

vendors as (select * from {{ ref('int_vendors') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

naming_sources as (select distinct source_system from bills),

orders as (
    select
        purchase_order_id,
        entity_id,
        vendor_id,
        source_system,
        currency,
        min(ordered_on) as ordered_on,
        max(promised_on) as promised_on,
        case when min(case when is_received_in_full then 1 else 0 end) = 1 then max(complete_on) end as complete_on,
        max(last_received_on) as last_received_on,
        min(case when status = 'closed' then 1 else 0 end) = 1 as is_closed,
        sum(net_doc) as net_doc,
        sum({{ extended('received_quantity', 'unit_price_doc') }}) as received_net_doc
    from purchase_order_lines
    group by purchase_order_id, entity_id, vendor_id, source_system, currency
),

valued as (
    select
        orders.*,
        bills.bill_id,
        bills.billed_on,
        bills.net_doc as bill_net_doc,
        bills.gross_doc as bill_gross_doc,
        case when orders.currency = run_context.reporting_currency then 1 else order_rates.rate end as order_rate,
        case when bills.currency = run_context.reporting_currency then 1 else bill_rates.rate end as bill_rate
    from orders
    cross join run_context
    inner join naming_sources on orders.source_system = naming_sources.source_system
    left join bills on orders.purchase_order_id = bills.purchase_order_id
    left join reporting_rates as order_rates
        on orders.currency = order_rates.currency and run_context.as_of = order_rates.rate_on
    left join reporting_rates as bill_rates
        on bills.currency = bill_rates.currency and run_context.as_of = bill_rates.rate_on
    where orders.ordered_on > cast({{ dbt.dateadd('day', -1826, 'run_context.as_of') }} as date)
)

select
    valued.purchase_order_id,
    valued.bill_id,
    valued.entity_id,
    valued.vendor_id as counterparty_id,
    coalesce(vendors.category, '') as segment,
    coalesce(vendors.payment_terms_days, 30) as terms_days,
    valued.ordered_on,
    valued.promised_on,
    valued.complete_on,
    valued.last_received_on,
    valued.is_closed,
    {{ converted('valued.net_doc', 'valued.order_rate') }} as net_rpt,
    {{ converted('valued.received_net_doc', 'valued.order_rate') }} as received_net_rpt,
    valued.billed_on,
    {{ converted('valued.bill_net_doc', 'valued.bill_rate') }} as bill_net_rpt,
    {{ converted('valued.bill_gross_doc', 'valued.bill_rate') }} as bill_gross_rpt
from valued
left join vendors on valued.vendor_id = vendors.vendor_id
where
    valued.order_rate is not null
    and (valued.bill_id is null or valued.bill_rate is not null)

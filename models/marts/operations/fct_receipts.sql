-- One row per receipt of a purchase order line up to the as-of day, with what it cost against the item's standard cost.
-- Reporting amounts are at the receipt day's rate; null where that rate is missing. A receipt of an order that is not
-- loaded stays here, without vendor.
with receipts as (select * from {{ ref('int_receipts') }}),

purchase_order_lines as (select * from {{ ref('int_purchase_order_lines') }}),

purchase_orders as (select * from {{ ref('int_purchase_orders') }}),

first_promises as (select * from {{ ref('int_first_promises') }} where entity = 'purchase_order'),

items as (select * from {{ ref('int_items') }}),

vendors as (select * from {{ ref('int_vendors') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

received as (
    select
        receipts.receipt_id,
        receipts.purchase_order_line_id,
        purchase_order_lines.purchase_order_id,
        purchase_orders.entity_id,
        purchase_orders.vendor_id,
        purchase_order_lines.item_id,
        items.category,
        purchase_orders.ordered_on,
        coalesce(first_promises.promised_on, purchase_orders.promised_on) as promised_on,
        receipts.received_on,
        purchase_orders.currency,
        receipts.quantity,
        purchase_order_lines.unit_price_doc,
        {{ extended('receipts.quantity', 'purchase_order_lines.unit_price_doc') }} as received_doc,
        {{ extended('receipts.quantity', 'items.standard_cost_local') }} as standard_rpt,
        coalesce(vendors.intercompany_entity_id is not null, false) as is_intercompany,
        receipts.source_system,
        receipts.source_id
    from receipts
    cross join run_context
    left join purchase_order_lines on receipts.purchase_order_line_id = purchase_order_lines.purchase_order_line_id
    left join purchase_orders on purchase_order_lines.purchase_order_id = purchase_orders.purchase_order_id
    left join first_promises
        on
            purchase_orders.source_system = first_promises.source_system
            and purchase_orders.source_id = first_promises.source_id
    left join items on purchase_order_lines.item_id = items.item_id
    left join vendors on purchase_orders.vendor_id = vendors.vendor_id
    where receipts.received_on <= run_context.as_of
),

reported as (
    select
        received.*,
        case
            when received.currency = run_context.reporting_currency then received.received_doc
            else {{ converted('received.received_doc', 'reporting_rates.rate') }}
        end as received_rpt
    from received
    cross join run_context
    left join reporting_rates
        on
            received.currency = reporting_rates.currency
            and received.received_on = reporting_rates.rate_on
)

select
    receipt_id,
    purchase_order_line_id,
    purchase_order_id,
    entity_id,
    vendor_id,
    item_id,
    category,
    ordered_on,
    promised_on,
    received_on,
    {{ month_of('received_on') }} as month_on,
    currency,
    quantity,
    unit_price_doc,
    received_doc,
    received_rpt,
    standard_rpt,
    {{ money('received_rpt - standard_rpt') }} as price_variance_rpt,
    cast({{ dbt.datediff('ordered_on', 'received_on', 'day') }} as integer) as lead_time_days,
    cast({{ dbt.datediff('promised_on', 'received_on', 'day') }} as integer) as days_after_promise,
    is_intercompany,
    source_system,
    source_id
from reported

-- One row per line of a purchase order placed by the as-of day, with what was received of it by then, against the first
-- promise. Reporting amounts are at the order day's rate; null where that rate is missing.
with purchase_order_lines as (select * from {{ ref('int_purchase_order_lines') }}),

purchase_orders as (select * from {{ ref('int_purchase_orders') }}),

first_promises as (select * from {{ ref('int_first_promises') }} where entity = 'purchase_order'),

receipts as (select * from {{ ref('fct_receipts') }}),

items as (select * from {{ ref('int_items') }}),

vendors as (select * from {{ ref('int_vendors') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

lines as (
    select
        purchase_order_lines.purchase_order_line_id,
        purchase_order_lines.purchase_order_id,
        purchase_orders.entity_id,
        purchase_orders.vendor_id,
        purchase_order_lines.item_id,
        items.category,
        purchase_orders.ordered_on,
        coalesce(first_promises.promised_on, purchase_orders.promised_on) as promised_on,
        purchase_orders.promised_on as current_promised_on,
        purchase_orders.status,
        purchase_orders.currency,
        purchase_order_lines.quantity,
        purchase_order_lines.unit_price_doc,
        coalesce(vendors.intercompany_entity_id is not null, false) as is_intercompany,
        purchase_order_lines.source_system,
        purchase_order_lines.source_id
    from purchase_order_lines
    inner join purchase_orders on purchase_order_lines.purchase_order_id = purchase_orders.purchase_order_id
    cross join run_context
    left join first_promises
        on
            purchase_orders.source_system = first_promises.source_system
            and purchase_orders.source_id = first_promises.source_id
    left join items on purchase_order_lines.item_id = items.item_id
    left join vendors on purchase_orders.vendor_id = vendors.vendor_id
    where purchase_orders.ordered_on <= run_context.as_of
),

received_so_far as (
    select
        purchase_order_line_id,
        received_on,
        quantity,
        promised_on,
        sum(quantity) over (
            partition by purchase_order_line_id
            order by received_on, receipt_id
            rows between unbounded preceding and current row
        ) as running_quantity
    from receipts
),

received as (
    select
        lines.purchase_order_line_id,
        sum(received_so_far.quantity) as quantity,
        sum(case when received_so_far.received_on <= lines.promised_on then received_so_far.quantity else 0 end)
            as quantity_by_promise,
        sum(case when received_so_far.quantity > 0 then 1 else 0 end) as receipts_count,
        min(received_so_far.received_on) as first_received_on,
        max(received_so_far.received_on) as last_received_on,
        min(case when received_so_far.running_quantity >= lines.quantity then received_so_far.received_on end) as complete_on
    from received_so_far
    inner join lines on received_so_far.purchase_order_line_id = lines.purchase_order_line_id
    group by lines.purchase_order_line_id
),

-- A return can take a complete line back below what was ordered.
joined as (
    select
        lines.*,
        cast(coalesce(received.quantity, 0) as decimal(18, 6)) as received_quantity,
        cast(coalesce(received.quantity_by_promise, 0) as decimal(18, 6)) as quantity_by_promise,
        coalesce(received.receipts_count, 0) as receipts_count,
        received.first_received_on,
        received.last_received_on,
        case when received.quantity >= lines.quantity then received.complete_on end as complete_on,
        case
            when lines.status = 'open' then cast(greatest(lines.quantity - coalesce(received.quantity, 0), 0) as decimal(18, 6))
            else cast(0 as decimal(18, 6))
        end as open_quantity
    from lines
    left join received on lines.purchase_order_line_id = received.purchase_order_line_id
),

priced as (
    select
        *,
        {{ extended('quantity', 'unit_price_doc') }} as net_doc,
        {{ extended('open_quantity', 'unit_price_doc') }} as open_doc
    from joined
)

select
    priced.purchase_order_line_id,
    priced.purchase_order_id,
    priced.entity_id,
    priced.vendor_id,
    priced.item_id,
    priced.category,
    priced.ordered_on,
    {{ month_of('priced.ordered_on') }} as month_on,
    priced.promised_on,
    priced.current_promised_on,
    priced.status,
    priced.currency,
    priced.quantity,
    priced.received_quantity,
    priced.open_quantity,
    priced.unit_price_doc,
    priced.net_doc,
    case
        when priced.currency = run_context.reporting_currency then priced.net_doc
        else {{ converted('priced.net_doc', 'reporting_rates.rate') }}
    end as net_rpt,
    priced.open_doc,
    case
        when priced.currency = run_context.reporting_currency then priced.open_doc
        else {{ converted('priced.open_doc', 'reporting_rates.rate') }}
    end as open_rpt,
    cast(priced.receipts_count as integer) as receipts_count,
    priced.receipts_count > 1 as is_split,
    priced.first_received_on,
    priced.last_received_on,
    priced.complete_on,
    priced.received_quantity >= priced.quantity as is_received_in_full,
    case
        when priced.promised_on <= run_context.as_of and priced.status <> 'cancelled'
            then priced.quantity_by_promise >= priced.quantity
    end as is_received_by_promise,
    cast({{ dbt.datediff('priced.ordered_on', 'priced.complete_on', 'day') }} as integer) as lead_time_days,
    case
        when priced.complete_on is not null
            then cast({{ dbt.datediff('priced.promised_on', 'priced.complete_on', 'day') }} as integer)
        when priced.status = 'open' and priced.promised_on <= run_context.as_of
            then cast({{ dbt.datediff('priced.promised_on', 'run_context.as_of', 'day') }} as integer)
    end as days_late,
    priced.is_intercompany,
    priced.source_system,
    priced.source_id
from priced
cross join run_context
left join reporting_rates
    on
        priced.currency = reporting_rates.currency
        and priced.ordered_on = reporting_rates.rate_on

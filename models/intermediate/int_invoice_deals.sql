-- One row per posted invoice of an order that names a known deal: which deal it bills. The order on its head decides, else the order
-- of its lines where there is one. A number that two systems' deals carry names no deal.
{{ config(materialized='table') }}

with deals as (select * from {{ ref('int_deals') }}),

orders as (select * from {{ ref('int_orders') }}),

order_lines as (select * from {{ ref('int_order_lines') }}),

invoices as (select * from {{ ref('int_invoices') }}),

invoice_lines as (select * from {{ ref('int_invoice_lines') }}),

known_deals as (
    select
        source_id,
        min(deal_id) as deal_id
    from deals
    where merged_into_id is null
    group by source_id
    having count(*) = 1
),

line_orders as (
    select
        invoice_lines.invoice_id,
        min(order_lines.order_id) as order_id
    from invoice_lines
    inner join order_lines
        on invoice_lines.order_line_id = order_lines.order_line_id
    group by invoice_lines.invoice_id
    having count(distinct order_lines.order_id) = 1
),

final as (
    select
        invoices.invoice_id,
        orders.order_id,
        known_deals.deal_id
    from invoices
    left join line_orders
        on invoices.invoice_id = line_orders.invoice_id
    inner join orders
        on orders.order_id = coalesce(invoices.order_id, line_orders.order_id)
    inner join known_deals
        on orders.deal_ref = known_deals.source_id
)

select * from final
